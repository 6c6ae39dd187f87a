import { mulberry32 } from '../data/random.ts';
import { incompatible } from '../errors.ts';
import type { ComputeBuffer } from '../gpu/compute.ts';
import type { KeyKind } from '../gpu/kernels/keyHistogram.ts';
import { createKeyMasker, KeyBins, thresholdsOfLargest, type Ranking } from '../scope/select.ts';
import type { LabMask } from '../api/lab.ts';
import type { LabWeights } from './weights.ts';

/** What ranks the positions of one mask. */
interface Scores {
  key: string;
  kind: KeyKind;
  scores: ComputeBuffer;
  /** Whether `scores` goes once the mask is made. */
  passing: boolean;
}

interface Wanted extends Scores, Ranking {
  id: string;
}

/** Bytes of masks kept for the next call. */
const keptBytes = 64 * 2 ** 20;

/** Masks over the scope, exact at any density: bits of the ⌊density·N⌋ highest ranked positions, the first of equals. */
export class MaskBits {
  /** Rankings that searches found, by localizer and task, as far as they were asked for. */
  readonly #found = new Map<string, ComputeBuffer>();
  /** Histograms of the high bits of rankings, which no density changes. */
  readonly #high = new Map<string, Uint32Array>();
  readonly #masks = new Map<string, ComputeBuffer>();
  readonly #bins: KeyBins[] = [];

  constructor(
    readonly weights: LabWeights,
    /** Of fine-tunes. */
    readonly names: readonly string[],
    /** The ranking that a localizer found of a task earlier; null without. */
    readonly recall: (by: string, task: number) => Promise<Float32Array<ArrayBuffer> | null>,
  ) {}

  /** Keeps what a search found, in place of an earlier one by the same localizer. */
  keep(by: string, task: number, scores: ComputeBuffer): void {
    const { compute } = this.weights;
    const key = `${by}/${task}`;
    const old = this.#found.get(key);
    if (old) compute.free(old);
    this.#found.set(key, scores);
    this.#high.delete(key);
    for (const [id, mask] of this.#masks)
      if (id.startsWith(`${key}/`)) {
        compute.free(mask);
        this.#masks.delete(id);
      }
  }

  /**
   * The bits of one mask per fine-tune, null where there is none; valid until the next call. Throws Incompatible for a
   * localizer that has not searched.
   */
  async bits(masks: readonly (LabMask | null)[]): Promise<(ComputeBuffer | null)[]> {
    this.#trim(masks.length);
    const ids = masks.map((mask, task) => mask && idOf(mask, task));
    const missing = masks.flatMap((mask, task) => {
      const id = ids[task] ?? '';
      return mask && !this.#masks.has(id) ? [{ id, mask, task }] : [];
    });
    const wanted: Wanted[] = [];
    try {
      for (const [i, { id, mask, task }] of missing.entries()) {
        const scores = await this.#scores(mask, task);
        const bins = (this.#bins[i] ??= await KeyBins.create(this.weights.compute));
        const count = Math.floor(mask.density * this.weights.size);
        wanted.push({ ...scores, id, count, bins, high: this.#high.get(scores.key) });
      }
      await this.#select(wanted);
    } finally {
      for (const { key, scores, passing } of wanted) {
        if (!passing) continue;
        this.weights.compute.free(scores);
        this.#high.delete(key);
      }
    }
    return ids.map((id) => (id === null ? null : (this.#masks.get(id) ?? null)));
  }

  async #scores({ by, seed }: LabMask, task: number): Promise<Scores> {
    const { compute, taus, size } = this.weights;
    const own = `${by}/${task}`;
    if (by === 'random') {
      const random = mulberry32(seed ?? task);
      const draws = new Float32Array(size);
      for (let k = 0; k < size; k++) draws[k] = random();
      const scores = await compute.adopt(new Uint32Array(draws.buffer));
      return { key: `${own}/${seed ?? task}`, kind: 'magnitude', scores, passing: true };
    }
    if (by === 'dataless')
      return { key: own, kind: 'magnitude', scores: taus[task]!, passing: false };
    const scores = this.#found.get(own) ?? (await this.#recalled(by, task));
    if (scores) return { key: own, kind: 'signed', scores, passing: false };
    throw incompatible(`No mask of “${this.names[task]}” was found by “${by}” yet. Find it first.`);
  }

  async #recalled(by: string, task: number): Promise<ComputeBuffer | null> {
    const ranking = await this.recall(by, task);
    if (!ranking) return null;
    const scores = await this.weights.compute.adopt(new Uint32Array(ranking.buffer));
    this.#found.set(`${by}/${task}`, scores);
    return scores;
  }

  async #select(wanted: readonly Wanted[]): Promise<void> {
    const { compute, size } = this.weights;
    const thresholds = await thresholdsOfLargest(wanted, async (count) => {
      for (const [i, { scores }] of wanted.entries()) await count(i, scores, size);
    });
    for (const [i, { id, key, kind, scores, high }] of wanted.entries()) {
      this.#high.set(key, high!);
      const masker = await createKeyMasker(compute, kind, thresholds[i]!, size);
      const mask = await compute.buffer(Math.max(4, Math.ceil(size / 32) * 4));
      await masker.mask(scores, size, mask);
      masker.free();
      this.#masks.set(id, mask);
    }
  }

  /** Makes room for the masks of a call. */
  #trim(coming: number): void {
    const each = Math.ceil(this.weights.size / 32) * 4;
    const most = Math.max(0, Math.floor(keptBytes / Math.max(1, each)) - coming);
    for (const [id, mask] of this.#masks) {
      if (this.#masks.size <= most) break;
      this.weights.compute.free(mask);
      this.#masks.delete(id);
    }
  }

  free(): void {
    const { compute } = this.weights;
    [...this.#found.values(), ...this.#masks.values()].forEach((buffer) => compute.free(buffer));
    this.#bins.forEach((bins) => bins.free());
  }
}

const idOf = ({ by, density, seed }: LabMask, task: number) =>
  `${by}/${task}/${density}/${by === 'random' ? (seed ?? task) : ''}`;
