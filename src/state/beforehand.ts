import type { LabInfo, LabMask, LabModel, LabOverlap, LabScore, LabVector } from '../api/lab.ts';
import type { Measured } from '../api/measured.ts';

/** What was measured of a lab's models before they were loaded, by what is asked. */
export class Beforehand {
  readonly info: LabInfo;
  readonly #models = new Map<string, { changed: number; scores: Map<number, LabScore> }>();
  readonly #overlaps = new Map<string, LabOverlap>();
  readonly #vectors: readonly LabVector[];

  constructor({ info, models, vectors, overlaps }: Measured) {
    this.info = info;
    this.#vectors = vectors;
    for (const { model, changed, right } of models) {
      const scores = right.flatMap(([task, right]) => {
        const of = info.tasks[task]?.tests;
        return of === undefined ? [] : [[task, { task, right, n: of, of }] as const];
      });
      this.#models.set(JSON.stringify(model), { changed, scores: new Map(scores) });
    }
    for (const { masks, overlap } of overlaps) this.#overlaps.set(JSON.stringify(masks), overlap);
  }

  /** On all test examples of these tasks; null where one was not measured. */
  scores(model: LabModel, tasks: readonly number[]): LabScore[] | null {
    const known = this.#models.get(JSON.stringify(model))?.scores;
    const scores = tasks.flatMap((task) => known?.get(task) ?? []);
    return scores.length === tasks.length ? scores : null;
  }

  changed(model: LabModel): number | null {
    return this.#models.get(JSON.stringify(model))?.changed ?? null;
  }

  vector(task: number): LabVector | null {
    return this.#vectors[task] ?? null;
  }

  overlap(masks: readonly (LabMask | null)[]): LabOverlap | null {
    return this.#overlaps.get(JSON.stringify(masks)) ?? null;
  }
}
