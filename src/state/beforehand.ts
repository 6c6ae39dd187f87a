import type {
  LabApi,
  LabInfo,
  LabMask,
  LabModel,
  LabOverlap,
  LabScore,
  LabVector,
} from '../api/lab.ts';
import type { Measured } from '../api/measured.ts';
import { AppError } from '../errors.ts';

/** What was measured of a lab's models before they were loaded, by what is asked; all else waits for them. */
export class Beforehand {
  readonly info: LabInfo;
  /** The lab, with what is known told at once. */
  readonly remote: LabApi;
  /** Settles once the models are there; rejects with Cancelled where others are asked for. Null from then on. */
  waiting: Promise<void> | null;
  #open: () => void = () => undefined;
  #drop: (error: AppError) => void = () => undefined;
  readonly #models = new Map<string, { changed: number; scores: Map<number, LabScore> }>();
  readonly #overlaps = new Map<string, LabOverlap>();
  readonly #vectors: readonly LabVector[];

  constructor({ info, models, vectors, overlaps }: Measured, lab: LabApi) {
    this.info = info;
    this.waiting = new Promise((resolve, reject) => {
      this.#open = resolve;
      this.#drop = reject;
    });
    // Where nothing waits, nobody is told.
    this.waiting.catch(() => undefined);
    this.remote = this.#before(lab);
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

  /** The models are there. */
  open(): void {
    this.#open();
    this.waiting = null;
  }

  /** Other models are asked for. */
  drop(): void {
    this.#drop(new AppError('Cancelled', 'Cancelled.'));
    this.waiting = null;
  }

  #before(lab: LabApi): LabApi {
    const once =
      <A extends unknown[], R>(ask: (...args: A) => Promise<R>, known?: (...args: A) => R | null) =>
      async (...args: A): Promise<R> => {
        const told = known?.(...args) ?? null;
        if (told !== null) return told;
        await this.waiting;
        return ask(...args);
      };
    return {
      open: (...args) => lab.open(...args),
      close: () => lab.close(),
      score: (...args) => lab.score(...args),
      stop: (slot) => lab.stop(slot),
      found: () => lab.found(),
      find: once((...args) => lab.find(...args)),
      answer: once((...args) => lab.answer(...args)),
      pictures: once((...args) => lab.pictures(...args)),
      texts: once((...args) => lab.texts(...args)),
      owners: once((...args) => lab.owners(...args)),
      changed: once(
        (model) => lab.changed(model),
        (model) => this.changed(model),
      ),
      vector: once(
        (task) => lab.vector(task),
        (task) => this.vector(task),
      ),
      overlap: once(
        (masks) => lab.overlap(masks),
        (masks) => this.overlap(masks),
      ),
    };
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
