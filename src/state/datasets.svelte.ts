import { type AppError, toAppError } from '../errors.ts';
import type { DataSummary, TaskPreset } from '../api/tasks.ts';
import type { EngineApi } from '../api/engine.ts';
import type { Deletions } from './deletions.svelte.ts';
import type { Notices } from './notices.svelte.ts';
import type { DataGroup } from './sortDrop.ts';

/** The data stored in this browser, and the tasks of the paper that say how to read them. */
export class Datasets {
  list = $state.raw<DataSummary[]>([]);
  presets = $state.raw<TaskPreset[]>([]);
  /** Paths being stored. */
  storing = $state.raw<readonly string[]>([]);

  constructor(
    readonly engine: EngineApi,
    readonly notices: Notices,
    readonly deletions: Pick<Deletions, 'hides' | 'settle'> = {
      hides: () => false,
      settle: async () => undefined,
    },
  ) {}

  async refresh(): Promise<void> {
    const list = await this.engine.data();
    this.list = list
      .filter(({ name }) => !this.deletions.hides('data', name))
      .toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
  }

  find(name: string | undefined): DataSummary | null {
    return this.list.find((each) => each.name === name) ?? null;
  }

  /** Stores dropped data; the names of those that could be. Where there is no room the rest is not tried, and `onFull` told why. */
  async add(
    groups: readonly DataGroup[],
    onFull: (error: AppError) => void = (error) => this.notices.fail(error),
  ): Promise<string[]> {
    const added: string[] = [];
    await this.deletions.settle();
    for (const { name, files } of groups) {
      this.storing = [...this.storing, name];
      try {
        const stored = await this.engine.addData(name, files);
        added.push(...stored.added.map(({ name }) => name));
        for (const note of stored.notes) this.notices.tell(note);
      } catch (thrown) {
        const error = toAppError(thrown);
        if (error.kind === 'QuotaFull') {
          onFull(error);
          break;
        }
        this.notices.fail(error);
      } finally {
        this.storing = this.storing.filter((each) => each !== name);
      }
    }
    if (groups.length) await this.notices.attempt(() => this.refresh());
    return added;
  }
}
