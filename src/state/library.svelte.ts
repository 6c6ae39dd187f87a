import { incompatible } from '../errors.ts';
import type { EngineApi } from '../api/engine.ts';
import type { CheckpointSummary } from '../api/checkpoints.ts';
import { findNamed } from '../recipe/findNamed.ts';
import { unlikeSlots } from '../ui/taskMarks.ts';
import type { Deletions } from './deletions.svelte.ts';
import type { Notices } from './notices.svelte.ts';

/** The checkpoints stored in this browser, and which of them is the base. */
export class Library {
  checkpoints = $state.raw<CheckpointSummary[]>([]);
  baseId = $state<string | null>(null);
  /** Stored by copies that were cut off. */
  cutOffBytes = $state(0);
  loaded = $state(false);
  /** Whether the browser keeps all this also where it runs out of disk. */
  lasting = $state(true);

  readonly base = $derived(this.checkpoints.find(({ id }) => id === this.baseId) ?? null);
  readonly fineTuned = $derived(this.checkpoints.filter(({ id }) => id !== this.baseId));

  constructor(
    readonly engine: EngineApi,
    readonly notices: Notices,
    readonly deletions: Pick<Deletions, 'hides' | 'settle'> = {
      hides: () => false,
      settle: async () => undefined,
    },
  ) {}

  async refresh(): Promise<void> {
    const asked = [this.engine.library(), this.engine.base(), this.engine.cutOffBytes()] as const;
    const [checkpoints, base, cutOffBytes] = await Promise.all(asked);
    this.cutOffBytes = cutOffBytes;
    const isFirst = this.loaded && this.checkpoints.length === 0 && checkpoints.length > 0;
    this.checkpoints = checkpoints
      .filter(({ id, formerIds }) => !this.deletions.hides('checkpoint', id, ...formerIds))
      .toSorted((a, b) => a.addedAt - b.addedAt);
    this.baseId = base;
    this.loaded = true;
    // Some browsers ask the user, and answer once they are answered.
    const { storage } = navigator;
    void (isFirst ? storage.persist() : storage.persisted()).then(
      (lasts) => (this.lasting = lasts),
    );
  }

  /** The checkpoint a recipe means by a name, a content id, or a path or a name on the Hub that ends in its name; of base+adapter the adapter. */
  find(reference: string): CheckpointSummary | null {
    return this.#named(reference) ?? this.#adapterIn(reference)?.adapter ?? null;
  }

  #named(reference: string): CheckpointSummary | null {
    return findNamed(this.checkpoints, reference);
  }

  #adapterIn(reference: string): { on: CheckpointSummary; adapter: CheckpointSummary } | null {
    const at = reference.lastIndexOf('+');
    const on = this.#named(reference.slice(0, at));
    const adapter = at < 1 ? null : this.#named(reference.slice(at + 1));
    return on && adapter?.adapter ? { on, adapter } : null;
  }

  /** What the engine knows a recipe's checkpoint by: its id, or those of a checkpoint and of the adapter on it. */
  idOf(reference: string): string | null {
    const found = this.#named(reference);
    if (found) return found.id;
    const { on, adapter } = this.#adapterIn(reference) ?? {};
    return on && adapter ? `${on.id}+${adapter.id}` : null;
  }

  /** How a recipe refers to a checkpoint: by its name, unless another has the same. */
  reference(checkpoint: CheckpointSummary): string {
    const twin = this.checkpoints.some(
      ({ id, name }) => name === checkpoint.name && id !== checkpoint.id,
    );
    return twin ? checkpoint.id : checkpoint.name;
  }

  /** Place of a fine-tuned checkpoint in the order of colours, or null when it is not here. */
  slot(reference: string): number | null {
    const id = this.find(reference)?.id;
    const at = this.fineTuned.findIndex((checkpoint) => checkpoint.id === id);
    return at < 0 ? null : at;
  }

  /** Colours of a run's models, unlike each other: as in the library while all are there, else by their order. */
  slots(references: readonly string[]): number[] {
    const found = references.map((reference) => this.slot(reference));
    const known = found.filter((slot) => slot !== null);
    return known.length === references.length ? unlikeSlots(known) : references.map((_, i) => i);
  }

  setBase(id: string): Promise<void> {
    return this.#change(() => this.engine.setBase(id));
  }

  rename(id: string, name: string): Promise<void> {
    return this.#change(async () => {
      await this.deletions.settle();
      await this.engine.rename(id, name);
    });
  }

  freeCutOff(): Promise<void> {
    return this.#change(() => this.engine.freeCutOff());
  }

  /** Has the browser ask for permission to read a checkpoint's files in place; from a click. */
  allow({ id, name }: CheckpointSummary): Promise<void> {
    return this.#change(async () => {
      for (const handle of await this.engine.handles(id))
        if ((await handle.requestPermission?.({ mode: 'read' })) !== 'granted')
          throw incompatible(
            `The browser may not read “${name}” still. Allow it when asked, or in the settings of this page.`,
          );
      void this.engine.identifyAll();
    });
  }

  async #change(work: () => Promise<void>): Promise<void> {
    await this.notices.attempt(async () => {
      await work();
      await this.refresh();
    });
  }
}
