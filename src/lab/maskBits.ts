import { mulberry32 } from '../data/random.ts';
import { AppError } from '../errors.ts';
import type { ComputeBuffer } from '../gpu/compute.ts';
import type { KeyKind } from '../gpu/kernels/keyHistogram.ts';
import { createMasker, KeyBins, takeAll } from '../scope/select.ts';
import { findBin, thresholdOf } from '../scope/threshold.ts';
import type { LabMask } from '../api/lab.ts';
import type { LabWeights } from './weights.ts';

/** What ranks the positions of one mask. */
interface Ranking {
  key: string;
  kind: KeyKind;
  scores: ComputeBuffer;
  /** Whether `scores` goes once the mask is made. */
  passing: boolean;
}

interface Wanted extends Ranking {
  id: string;
  count: number;
}

/** Bytes of masks kept for the next call. */
const keptBytes = 64 * 2 ** 20;

/** Masks over the scope, exact at any density: bits of the ⌊density·N⌋ highest ranked positions, the first of equals. */
export class MaskBits {
  /** Scores that searches found, by localizer and task. */
  readonly #found = new Map<string, ComputeBuffer>();
  /** Histograms of the high bits of rankings, which no density changes. */
  readonly #high = new Map<string, Uint32Array>();
  readonly #masks = new Map<string, ComputeBuffer>();
  readonly #bins: KeyBins[] = [];

  constructor(
    readonly weights: LabWeights,
    /** Of fine-tunes. */
    readonly names: readonly string[],
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
      for (const { id, mask, task } of missing)
        wanted.push({
          ...(await this.#ranking(mask, task)),
          ...{ id, count: Math.floor(mask.density * this.weights.size) },
        });
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

  async #ranking({ by, seed }: LabMask, task: number): Promise<Ranking> {
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
    const scores = this.#found.get(own);
    if (scores) return { key: own, kind: 'signed', scores, passing: false };
    throw new AppError(
      'Incompatible',
      `No mask of “${this.names[task]}” was found by “${by}” yet. Find it first.`,
    );
  }

  /** Exact top-k: the high 16 bits of the threshold, then the low ones inside their bin, all masks in one reading. */
  async #select(wanted: readonly Wanted[]): Promise<void> {
    const { compute, size } = this.weights;
    while (this.#bins.length < wanted.length) this.#bins.push(await KeyBins.create(compute));
    const counted: { key: string; bins: KeyBins }[] = [];
    for (const [i, { key, kind, scores }] of wanted.entries()) {
      if (this.#high.has(key) || counted.some((each) => each.key === key)) continue;
      counted.push({ key, bins: this.#bins[i]! });
      await this.#bins[i]!.count(kind, size, scores);
    }
    const taken = await takeAll(counted.map(({ bins }) => bins));
    counted.forEach(({ key }, i) => this.#high.set(key, taken[i]!.bins));
    const high = wanted.map(({ key, count }) => findBin(this.#high.get(key)!, count));
    for (const [i, { kind, scores }] of wanted.entries()) {
      const bin = high[i]?.bin;
      if (bin !== undefined) await this.#bins[i]!.count(kind, size, scores, scores, 1, bin);
    }
    const low = await takeAll(this.#bins.slice(0, wanted.length));
    for (const [i, { id, kind, scores }] of wanted.entries()) {
      const threshold = thresholdOf(high[i] ?? null, low[i]!.bins);
      const masker = await createMasker(compute, kind, threshold, size);
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
