import { incompatible } from '../errors.ts';
import type { EngineApi } from '../api/engine.ts';
import type { CheckpointSummary } from '../api/checkpoints.ts';
import { findNamed } from '../recipe/findNamed.ts';
import { unlikeSlots } from '../ui/taskMarks.ts';
import { familiesOf, markedBases, type Refusals } from './families.ts';
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

  /** Why checkpoints do not fit a base. */
  #refusals = $state.raw<Refusals>(new Map());
  #asked = '';
  #turns = 0;
  #shownTurn = 0;

  readonly base = $derived(this.checkpoints.find(({ id }) => id === this.baseId) ?? null);
  readonly families = $derived(familiesOf(this.checkpoints, this.baseId, this.#refusals));
  /** Those of the current base; all there are while there is none. */
  readonly fineTuned = $derived(
    this.families.find(({ base }) => base === this.base)?.members ?? [],
  );

  constructor(
    readonly engine: EngineApi,
    readonly notices: Notices,
    readonly deletions: Pick<Deletions, 'hides' | 'settle'> = {
      hides: () => false,
      settle: async () => undefined,
    },
  ) {}

  async refresh(): Promise<void> {
    const turn = ++this.#turns;
    const asked = [this.engine.library(), this.engine.base(), this.engine.cutOffBytes()] as const;
    const [checkpoints, base, cutOffBytes] = await Promise.all(asked);
    const shown = checkpoints
      .filter(({ id, formerIds }) => !this.deletions.hides('checkpoint', id, ...formerIds))
      .toSorted((a, b) => a.addedAt - b.addedAt);
    // Where the current base is gone, the one marked last takes its place.
    const [last] = markedBases(shown, base);
    await this.#askFits(shown, last?.id ?? null);
    // A question asked after this one may have been answered before it.
    if (turn < this.#shownTurn) return;
    this.#shownTurn = turn;
    const isFirst = this.loaded && this.checkpoints.length === 0 && shown.length > 0;
    this.cutOffBytes = cutOffBytes;
    this.checkpoints = shown;
    this.baseId = last?.id ?? null;
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

  /** Asks how checkpoints fit the bases, when there are others than before. */
  async #askFits(checkpoints: readonly CheckpointSummary[], current: string | null): Promise<void> {
    const bases = markedBases(checkpoints, current);
    const ids = checkpoints.map(({ id }) => id);
    const question = JSON.stringify([bases.map(({ id }) => id), ids]);
    if (question === this.#asked) return;
    const answers = await Promise.all(
      bases.map(async ({ id }) => {
        const others = ids.filter((each) => each !== id);
        const { models } = await this.engine.preflight(id, others);
        return [id, new Map(others.map((each, i) => [each, models[i]?.refusal ?? null]))] as const;
      }),
    );
    this.#refusals = new Map(answers);
    this.#asked = question;
  }

  /** Why a checkpoint cannot be merged with a base, null where it can. */
  refusal(base: string, id: string): string | null {
    return this.#refusals.get(base)?.get(id) ?? null;
  }

  /** Whether a checkpoint is the base of others. */
  isBase(id: string): boolean {
    return this.families.some(({ base }) => base?.id === id);
  }

  /** Place of a fine-tuned checkpoint in the order of colours of its family, or null when it is not here. */
  slot(reference: string): number | null {
    const id = this.find(reference)?.id;
    for (const { members } of this.families) {
      const at = members.findIndex((checkpoint) => checkpoint.id === id);
      if (at >= 0) return at;
    }
    return null;
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
