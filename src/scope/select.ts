import type { Compute, ComputeBuffer } from '../gpu/compute.ts';
import { binCount } from '../gpu/kernels/histogram.ts';
import { keyHistogram, keyKinds, type KeyKind } from '../gpu/kernels/keyHistogram.ts';
import { keyMask } from '../gpu/kernels/keyMask.ts';
import { tiebreak } from '../gpu/kernels/tiebreak.ts';
import { asBytes } from '../tensor/release.ts';
import { bitsFloat } from '../tensor/float.ts';
import { findBin, thresholdOf, type Threshold } from './threshold.ts';

const threadsAtMost = 65_536;

/** A histogram, and the number of keys in it. */
interface Binned {
  bins: Uint32Array<ArrayBuffer>;
  counted: number;
}

/** As `take` of each, in one reading. */
export async function takeAll(all: readonly KeyBins[]): Promise<Binned[]> {
  const [first] = all;
  if (!first) return [];
  const read = await first.compute.read(all.map(({ buffer }) => ({ buffer, bytes: binCount * 4 })));
  return all.map((each, i) => ({ bins: read[i]!, counted: each.restart() }));
}

/** A histogram of keys on the device: 16 bits at a time. */
export class KeyBins {
  #counted = 0;

  private constructor(
    readonly compute: Compute,
    readonly buffer: ComputeBuffer,
  ) {}

  static async create(compute: Compute): Promise<KeyBins> {
    return new KeyBins(compute, await compute.buffer(binCount * 4));
  }

  /** Counts `elements` keys of x, or of x·y; at level 1 the low bits of those whose high ones are `prefix`. */
  async count(
    kind: KeyKind,
    elements: number,
    x: ComputeBuffer,
    y = x,
    level: 0 | 1 = 0,
    prefix = 0,
  ): Promise<void> {
    const threads = Math.min(elements, threadsAtMost);
    this.#counted += elements;
    await this.compute.dispatch({
      kernel: keyHistogram,
      constants: { KEY: keyKinds[kind] },
      buffers: [x, y, this.buffer],
      params: new Uint32Array([elements, level, prefix, threads]),
      threads,
    });
  }

  /** The bins so far and the number of keys in them; starts anew. */
  async take(): Promise<Binned> {
    return (await takeAll([this]))[0]!;
  }

  /** The number of keys counted, from now on 0; clears the bins. */
  restart(): number {
    const counted = this.#counted;
    this.#counted = 0;
    this.compute.clear(this.buffer);
    return counted;
  }

  free(): void {
    this.compute.free(this.buffer);
  }
}

/**
 * The ⌊count/100⌋-th largest magnitude (at least the first), cut to its high 16 bits; where that is 0 the largest, so cut;
 * 1 when all are 0.
 */
export function percentile99({ bins, counted }: Binned): number {
  const wanted = Math.max(1, Math.floor(counted / 100));
  const bin = (counted > 0 && findBin(bins, wanted)?.bin) || bins.findLastIndex((size) => size > 0);
  return bitsFloat(Math.max(0, bin) << 16) || 1;
}

/** Runs over one array of every tensor in scope, in position order. */
export type EachArray = (
  work: (x: ComputeBuffer, elements: number, t: number) => Promise<void>,
) => Promise<void>;

/** Keys of which the `count` largest are wanted. */
export interface Ranking {
  kind: KeyKind;
  count: number;
  bins: KeyBins;
  /** The histogram of their high bits, once it is known. */
  high?: Uint32Array | undefined;
}

/**
 * Several exact top-k's at once, in one pass and one reading for the high 16 bits and one for the low ones; `counted` says that
 * all bins hold the high bits. `pass` has every array of ranking `i` counted.
 */
export async function thresholdsOfLargest(
  rankings: readonly Ranking[],
  pass: (count: (i: number, x: ComputeBuffer, elements: number) => Promise<void>) => Promise<void>,
  counted = false,
): Promise<Threshold[]> {
  const fresh = rankings.filter(({ high }) => !high);
  if (fresh.length > 0 && !counted)
    await pass(async (i, x, elements) => {
      const { kind, bins, high } = rankings[i]!;
      if (!high) await bins.count(kind, elements, x);
    });
  const taken = await takeAll(fresh.map(({ bins }) => bins));
  fresh.forEach((ranking, i) => (ranking.high = taken[i]!.bins));
  const found = rankings.map(({ high, count }) => findBin(high!, count));
  if (found.some((high) => high))
    await pass(async (i, x, elements) => {
      const { kind, bins } = rankings[i]!;
      if (found[i]) await bins.count(kind, elements, x, x, 1, found[i].bin);
    });
  const low = await takeAll(rankings.map(({ bins }) => bins));
  return low.map(({ bins }, i) => thresholdOf(found[i] ?? null, bins));
}

/** The threshold of the `count` largest keys of one array. */
export async function thresholdOfLargest(
  each: EachArray,
  kind: KeyKind,
  count: number,
  bins: KeyBins,
): Promise<Threshold> {
  const [threshold] = await thresholdsOfLargest([{ kind, count, bins }], (count) =>
    each((x, elements) => count(0, x, elements)),
  );
  return threshold!;
}

/** Writes masks tensor by tensor in position order: keys above the threshold, and its first ties. */
export async function createKeyMasker(
  compute: Compute,
  kind: KeyKind,
  { key, ties }: Threshold,
  mostElements: number,
) {
  const remaining = await compute.buffer(4);
  const tieBits = await compute.buffer(Math.ceil(mostElements / 32) * 4);
  compute.write(remaining, 0, asBytes(new Uint32Array([ties])));
  return {
    async mask(x: ComputeBuffer, elements: number, mask: ComputeBuffer): Promise<void> {
      const words = Math.ceil(elements / 32);
      await compute.dispatch({
        kernel: keyMask,
        constants: { KEY: keyKinds[kind] },
        buffers: [x, mask, tieBits],
        params: new Uint32Array([elements, words, key, 0]),
        threads: words,
      });
      if (ties > 0)
        await compute.dispatch({
          kernel: tiebreak,
          buffers: [tieBits, mask, remaining],
          params: new Uint32Array([words, 64, 1, 0]),
          threads: 64,
        });
    },
    free: () => [remaining, tieBits].forEach((buffer) => compute.free(buffer)),
  };
}
