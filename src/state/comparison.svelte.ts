import type { ValuedRecipe } from '../recipe/sweep.ts';
import type { Compared, Tried } from '../api/comparisons.ts';
import type { EngineApi } from '../api/engine.ts';
import { dataPaths, taskDataOf } from '../recipe/recipe.ts';
import type { Datasets } from './datasets.svelte.ts';
import { type Contender, onTraining } from './comparePlan.ts';
import type { Library } from './library.svelte.ts';
import { checkpointNames } from './recipeEdit.ts';
import { type Failure, type RunRecipe, type Runs, untested } from './runs.svelte.ts';

/** A contender to be measured, by its own recipe or by the best of its grid. */
export interface Entry extends Contender {
  tuned: boolean;
}

export type Outcome = Compared | Failure;

/** The comparison at work. */
export interface ComparisonAtWork {
  entries: readonly Entry[];
  /** Entries and runs behind it, and runs in all: tuning takes several for one entry. */
  entry: number;
  done: number;
  total: number;
  startedAt: number;
}

/** Grows where an outcome of the same recipe and inputs would be another. */
const revision = 1;

/** Measures ways to merge the same models one after another; what came out is kept by content. */
export class Comparison {
  active = $state.raw<ComparisonAtWork | null>(null);
  /** Ids of contenders chosen by hand, and of those tuned as well; null: those proposed. */
  chosen = $state.raw<readonly string[] | null>(null);
  tuned = $state.raw<readonly string[]>([]);
  /** Those of the sweep on the table. */
  sweepChosen = $state.raw<readonly string[] | null>(null);
  #outcomes = $state.raw<ReadonlyMap<string, Outcome>>(new Map());

  /** Keys that were looked for in what is stored. */
  readonly #recalled = new Set<string>();

  constructor(
    readonly engine: EngineApi,
    readonly runs: Runs,
    readonly library: Library,
    readonly datasets: Pick<Datasets, 'find'>,
  ) {}

  /** What an entry came to on the checkpoints that the library holds now; null when it was not measured. */
  of(entry: Entry): Outcome | null {
    return this.#outcomes.get(this.#key(entry)) ?? null;
  }

  /** Measures entries until they are done or cancelled; one that fails keeps its reason, and the rest goes on. */
  async start(entries: readonly Entry[]): Promise<void> {
    const [first] = entries;
    if (!first || this.runs.running) return;
    const total = runsOf(entries);
    this.active = { entries, entry: 0, done: 0, total, startedAt: performance.now() };
    const measureOne = (entry: Entry, run: RunRecipe, at: number) => {
      this.active = { ...this.active!, entry: at, done: runsOf(entries.slice(0, at)) };
      return measureEntry(entry, async (recipe) => {
        const result = await run(recipe);
        if (this.active) this.active = { ...this.active, done: this.active.done + 1 };
        return result;
      });
    };
    const measured: [Entry, Compared][] = [];
    const keep = (entry: Entry, outcome: Outcome) => {
      this.#outcomes = new Map(this.#outcomes).set(this.#key(entry), outcome);
      if (!('why' in outcome)) measured.push([entry, outcome]);
    };
    try {
      await this.runs.measureEach(entries, first.recipe, 'Comparing', measureOne, keep);
    } finally {
      this.active = null;
      await this.#store(measured);
    }
  }

  /** Takes what was measured of entries on an earlier visit, as far as that is known by content. */
  async recall(entries: readonly Entry[]): Promise<void> {
    const unknown = entries.flatMap((entry) => {
      const [key, stored] = [this.#key(entry), this.#stored(entry)];
      if (!stored || this.#outcomes.has(key) || this.#recalled.has(stored.key)) return [];
      this.#recalled.add(stored.key);
      return [{ key, stored }];
    });
    if (!unknown.length) return;
    const found = await this.engine.outcomes(unknown.map(({ stored }) => stored.key));
    const outcomes = new Map(this.#outcomes);
    for (const [i, { key }] of unknown.entries())
      if (found[i] && !outcomes.has(key)) outcomes.set(key, found[i]);
    this.#outcomes = outcomes;
  }

  /** Runs have told the content ids of what they merged by now. */
  async #store(measured: readonly (readonly [Entry, Compared])[]): Promise<void> {
    if (!measured.length) return;
    await this.runs.notices.attempt(async () => {
      await this.library.refresh();
      for (const [entry, outcome] of measured) {
        const stored = this.#stored(entry);
        if (stored) await this.engine.keepOutcome(stored.key, stored.contents, outcome);
      }
    });
  }

  #key({ recipe, tuned }: Entry): string {
    const names = checkpointNames(recipe);
    return JSON.stringify([tuned, recipe, names.map((name) => this.library.find(name)?.key)]);
  }

  /** The key of an entry's outcome by content, and the content ids in it; null while one of them is not known. */
  #stored({ recipe, tuned }: Entry): { key: string; contents: string[] } | null {
    const names = checkpointNames(recipe);
    if (names.some((name) => this.library.find(name)?.hashing)) return null;
    const ids = [
      ...names.map((name) => this.library.idOf(name)),
      ...taskDataOf(recipe)
        .flatMap((data) => dataPaths(data))
        .map((path) => this.datasets.find(path)?.id ?? null),
    ];
    const contents = ids.filter((id) => id !== null);
    if (contents.length < ids.length) return null;
    return { key: JSON.stringify([revision, tuned, recipe, contents]), contents };
  }
}

/** Seconds that entries will take at the pace of those measured, searches aside; null while there are none. */
export function comparisonSeconds(
  entries: readonly Pick<Entry, 'tuned' | 'grid'>[],
  measured: readonly Pick<Compared, 'seconds'>[],
): number | null {
  if (!measured.length) return null;
  const took = measured.map(({ seconds }) => seconds.merge + seconds.evaluate);
  const each = took.reduce((sum, seconds) => sum + seconds, 0) / took.length;
  return each * runsOf(entries);
}

/** Runs of entries: those that are tuned take one for each value of their grid as well. */
const runsOf = (entries: readonly Pick<Entry, 'tuned' | 'grid'>[]) =>
  entries.reduce((sum, { tuned, grid }) => sum + (tuned ? grid.length + 1 : 1), 0);

async function measureEntry(entry: Entry, measure: RunRecipe): Promise<Outcome> {
  const tuning = entry.tuned ? await tune(entry.grid, measure) : null;
  const result = await measure(tuning?.recipe ?? entry.recipe);
  const { scores, general = [], parameters, seconds } = result;
  if (scores.length + general.length === 0) return untested;
  return { scores, parameters, seconds, result, tuning };
}

/** The recipe of the grid whose merge does best on the training examples; the earlier of equal ones. */
async function tune(
  grid: readonly ValuedRecipe[],
  measure: RunRecipe,
): Promise<Compared['tuning']> {
  const tried: (ValuedRecipe & Tried)[] = [];
  let better = 1;
  for (const { values, recipe } of grid) {
    const { scores } = await measure(onTraining(recipe));
    const metric = scores[0]?.metric;
    if (metric === 'perplexity') better = -1;
    const merged = scores.filter((score) => score.model === 'merged' && score.metric === metric);
    const sum = merged.reduce((all, { value }) => all + value, 0);
    tried.push({ values, recipe, mean: sum / Math.max(1, merged.length) });
  }
  const [best] = tried.toSorted((a, b) => better * (b.mean - a.mean));
  if (!best) return null;
  const { values, recipe } = best;
  return { values, recipe, tried: tried.map((each) => ({ values: each.values, mean: each.mean })) };
}
