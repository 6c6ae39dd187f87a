import { toAppError } from '../errors.ts';
import type { RunSummary } from '../api/results.ts';
import type { Runs } from './runs.svelte.ts';
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
    try {
      await this.runs.measure(variantRecipe(recipe, first), 'Measuring', async (measure) => {
        for (const [done, variant] of variants.entries()) {
          this.active = { run: id, variants, done };
          try {
            const result = await measure(variantRecipe(recipe, variant));
            const { scores, intersections } = result;
            if (scores.length) this.#add(id, { ...variant, scores, intersections });
            else this.#fail(id, { ...variant, why: 'There were no test data to measure on.' });
          } catch (thrown) {
            const { kind, message } = toAppError(thrown);
            if (kind === 'Cancelled') return;
            this.#fail(id, { ...variant, why: message });
          }
        }
      });
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
