import type { Outcome as Measured, Tried, Way } from '../api/comparing.ts';
import type { ValuedRecipe } from '../recipe/sweep.ts';
import { type Contender, onTraining } from './comparePlan.ts';
import type { Library } from './library.svelte.ts';
import { checkpointNames } from './recipeEdit.ts';
import { type Failure, type RunRecipe, type Runs, untested } from './runs.svelte.ts';

/** A contender to be measured, by its own recipe or by the best of its grid. */
export interface Entry extends Contender {
  tuned: boolean;
}

export type { Measured };

/** What a contender came to. */
export type Outcome = Measured | Failure;

/** The comparison at work. */
export interface ComparisonAtWork {
  entries: readonly Entry[];
  /** Entries and runs behind it, and runs in all: tuning takes several for one entry. */
  entry: number;
  done: number;
  total: number;
  startedAt: number;
}

/** Measures ways to merge the same models one after another; what they came to is kept as long as its inputs are. */
export class Comparison {
  active = $state.raw<ComparisonAtWork | null>(null);
  /** Ids of contenders chosen by hand, and of those tuned as well; null: those proposed. */
  chosen = $state.raw<readonly string[] | null>(null);
  tuned = $state.raw<readonly string[]>([]);
  /** Those of the sweep on the table. */
  sweepChosen = $state.raw<readonly string[] | null>(null);
  #outcomes = $state.raw<ReadonlyMap<string, Outcome>>(new Map());
  /** Those that storage was asked for. */
  readonly #recalled = new Set<string>();

  constructor(
    readonly runs: Runs,
    readonly library: Library,
  ) {}

  /** What an entry came to on the checkpoints that the library holds now; null when it was not measured. */
  of(entry: Entry): Outcome | null {
    return this.#outcomes.get(this.#key(entry)) ?? null;
  }

  /** Brings back what entries came to on earlier visits. */
  async recall(entries: readonly Entry[]): Promise<void> {
    const fresh = entries.filter(
      (entry) => !this.of(entry) && !this.#recalled.has(this.#key(entry)),
    );
    if (fresh.length === 0) return;
    const keys = fresh.map((entry) => this.#key(entry));
    for (const key of keys) this.#recalled.add(key);
    const found = await this.runs.engine.recallOutcomes(fresh.map(wayOf));
    const known = keys.flatMap((key, i) => {
      const outcome = found[i];
      return outcome && !this.#outcomes.has(key) ? [[key, outcome] as const] : [];
    });
    if (known.length > 0) this.#outcomes = new Map([...this.#outcomes, ...known]);
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
    const keep = (entry: Entry, outcome: Outcome) => {
      this.#outcomes = new Map(this.#outcomes).set(this.#key(entry), outcome);
      if ('why' in outcome) return;
      const { notices, engine } = this.runs;
      void notices.attempt(() => engine.keepOutcome(wayOf(entry), outcome));
    };
    try {
      await this.runs.measureEach(entries, first.recipe, 'Comparing', measureOne, keep);
    } finally {
      this.active = null;
    }
  }

  #key({ recipe, tuned }: Entry): string {
    const names = checkpointNames(recipe);
    return JSON.stringify([tuned, recipe, names.map((name) => this.library.find(name)?.key)]);
  }
}

const wayOf = ({ recipe, tuned, grid }: Entry): Way =>
  $state.snapshot({ recipe, grid: tuned ? grid : [] });

/** Seconds that entries will take at the pace of those measured, searches aside; null while there are none. */
export function comparisonSeconds(
  entries: readonly Pick<Entry, 'tuned' | 'grid'>[],
  measured: readonly Pick<Measured, 'seconds'>[],
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
): Promise<Measured['tuning']> {
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
