import type { RunSummary } from '../api/results.ts';
import type { Run, Runs } from './runs.svelte.ts';
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

const nothing: StudyRecord = { points: [], failures: [] };

/** Measures series of variants of a result's recipe, kept until the page closes; masks found stay in storage. */
export class Study {
  active = $state.raw<StudyAtWork | null>(null);
  #records = $state.raw<ReadonlyMap<string, StudyRecord>>(new Map());

  constructor(readonly runs: Runs) {}

  /** What was measured for a result so far. */
  of(run: string): StudyRecord {
    return this.#records.get(run) ?? nothing;
  }

  /** Measures variants one after another until they are done or cancelled; one that fails does not end the others. */
  async start({ id, recipe }: RunSummary, variants: readonly Variant[]): Promise<void> {
    const [first] = variants;
    if (!first || this.runs.running) return;
    this.active = { run: id, variants, done: 0 };
    const measureOne = async (variant: Variant, run: Run, done: number) => {
      this.active = { run: id, variants, done };
      const { scores, intersections } = await run(variantRecipe(recipe, variant));
      if (scores.length) this.#add(id, { ...variant, scores, intersections });
      else fail(variant, 'There were no test data to measure on.');
    };
    const fail = (variant: Variant, why: string) => this.#fail(id, { ...variant, why });
    const opening = variantRecipe(recipe, first);
    try {
      await this.runs.measureEach(variants, opening, 'Measuring', measureOne, fail);
    } finally {
      this.active = null;
    }
  }

  #add(run: string, point: StudyPoint): void {
    const { points, failures } = this.#without(run, point);
    this.#keep(run, { points: [...points, point], failures });
  }

  #fail(run: string, failure: StudyFailure): void {
    const { points, failures } = this.#without(run, failure);
    this.#keep(run, { points, failures: [...failures, failure] });
  }

  #without(run: string, variant: Variant): StudyRecord {
    const { points, failures } = this.of(run);
    const other = (each: Variant) => !sameVariant(each, variant);
    return { points: points.filter(other), failures: failures.filter(other) };
  }

  #keep(run: string, record: StudyRecord): void {
    this.#records = new Map(this.#records).set(run, record);
  }
}
