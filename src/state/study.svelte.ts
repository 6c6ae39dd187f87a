import type { RunSummary } from '../api/results.ts';
import { type RunRecipe, type Runs, untested } from './runs.svelte.ts';
import {
  sameVariant,
  type StudyFailure,
  type StudyPoint,
  variantRecipe,
  type Variant,
} from './studyPlan.ts';

/** What the studies of one result came to. */
export interface StudyRecord {
  points: readonly StudyPoint[];
  failures: readonly StudyFailure[];
}

/** The study at work: the result it belongs to, what it measures, and how many of these are behind it. */
export interface StudyAtWork {
  run: string;
  variants: readonly Variant[];
  done: number;
}

/** Measures series of variants of a result's recipe, kept until the page closes; masks found stay in storage. */
export class Study {
  active = $state.raw<StudyAtWork | null>(null);
  #outcomes = $state.raw<readonly { run: string; of: StudyPoint | StudyFailure }[]>([]);

  constructor(readonly runs: Runs) {}

  /** What was measured for a result so far. */
  of(run: string): StudyRecord {
    const own = this.#outcomes.filter((each) => each.run === run).map(({ of }) => of);
    return {
      points: own.filter((each) => 'scores' in each),
      failures: own.filter((each) => 'why' in each),
    };
  }

  /** Measures variants one after another until they are done or cancelled; one that fails does not end the others. */
  async start({ id, recipe }: RunSummary, variants: readonly Variant[]): Promise<void> {
    const [first] = variants;
    if (!first || this.runs.running) return;
    const measureOne = async (variant: Variant, run: RunRecipe, done: number) => {
      this.active = { run: id, variants, done };
      const { scores, intersections } = await run(variantRecipe(recipe, variant));
      return scores.length ? { scores, intersections } : untested;
    };
    this.active = { run: id, variants, done: 0 };
    try {
      const opening = variantRecipe(recipe, first);
      await this.runs.measureEach(variants, opening, 'Measuring', measureOne, (variant, outcome) =>
        this.#keep(id, { ...variant, ...outcome }),
      );
    } finally {
      this.active = null;
    }
  }

  /** Keeps an outcome, the last of a variant measured again. */
  #keep(run: string, of: StudyPoint | StudyFailure): void {
    const others = this.#outcomes.filter((each) => each.run !== run || !sameVariant(each.of, of));
    this.#outcomes = [...others, { run, of }];
  }
}
