import { readF32 } from '../models/readF32.ts';
import { release } from '../tensor/release.ts';
import type { TensorInfo, TensorReader } from '../tensor/tensorIndex.ts';
import type { ScopeTensor } from './scopeTensor.ts';

/** How long an array's content lives: read from checkpoints, kept between uses, or gone once it is closed. */
type Life = 'read' | 'kept' | 'passing';

/** One array for every tensor in scope: an f32 or u32 per element, or bits. */
export interface ArraySpec {
  life: Life;
  bits: 0 | 1 | 32;
  load?(scope: ScopeTensor): Promise<Float32Array<ArrayBuffer>>;
}

type Values = Float32Array<ArrayBuffer>;

/** Reads of a checkpoint's tensors that those who ask at the same time share; the last to use one may keep it. */
export function sharedReads(reader: TensorReader) {
  const reads = new Map<TensorInfo, { values: Promise<Values>; uses: number }>();
  return async function use<T>(
    info: TensorInfo,
    work: (values: Values, isLast: () => boolean) => T | Promise<T>,
  ): Promise<T> {
    const shared = reads.get(info) ?? { values: readF32(reader, info), uses: 0 };
    shared.uses++;
    reads.set(info, shared);
    try {
      return await work(await shared.values, () => shared.uses === 1);
    } finally {
      if (--shared.uses === 0) reads.delete(info);
    }
  };
}

export type SharedReads = ReturnType<typeof sharedReads>;

/** The base's values of a tensor. */
export function baseValues(base: SharedReads): ArraySpec {
  return {
    life: 'read',
    bits: 32,
    load: (tensor) => base(tensor.base, (values, isLast) => (isLast() ? values : values.slice())),
  };
}

/** Bits of the positions of a tensor of the base that model `u` keeps, from its first element on. */
export type KeptBits = (u: number, tensor: TensorInfo) => Promise<Uint32Array>;

/** τ = θ_ft − θ_pre of mask number `u`, in f32; 0 where it is not kept. */
export function taskVector(
  base: SharedReads,
  tuned: TensorReader,
  u: number,
  kept?: KeptBits,
): ArraySpec {
  return {
    life: 'read',
    bits: 32,
    async load(tensor) {
      const reading = readF32(tuned, tensor.tuned[u] as TensorInfo);
      reading.catch(() => undefined); // told where it is awaited
      return base(tensor.base, async (from, isLast) => {
        const to = await reading;
        for (let k = 0; k < to.length; k++) to[k]! -= from[k]!;
        const bits = await kept?.(u, tensor.base);
        for (let k = 0; bits && k < to.length; k++)
          if (((bits[k >>> 5]! >>> (k & 31)) & 1) === 0) to[k] = 0;
        if (isLast()) release(from);
        return to;
      });
    },
  };
}

/** An array that lasts from use to use, zeros at first. */
export const keptArray: ArraySpec = { life: 'kept', bits: 32 };
export const keptBits: ArraySpec = { life: 'kept', bits: 1 };
/** An array whose content is gone once it is closed. */
export const passingArray: ArraySpec = { life: 'passing', bits: 32 };
/** An array that this optimisation has no use for. */
export const noArray: ArraySpec = { life: 'passing', bits: 0 };
