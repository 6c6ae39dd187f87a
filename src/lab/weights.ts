import { throwIfCancelled } from '../errors.ts';
import type { Compute, ComputeBuffer } from '../gpu/compute.ts';
import type { PlannedTensor } from '../merge/preflight.ts';
import { readF32 } from '../models/readF32.ts';
import type { TensorInfo, TensorReader } from '../tensor/tensorIndex.ts';
import { countElements } from '../tensor/tensorIndex.ts';

/** A tensor in scope: positions [from, to) of every array over the scope. */
export interface ScopeRange {
  tensor: TensorInfo;
  planned: PlannedTensor;
  from: number;
  to: number;
}

/** A base and its task vectors over the scope, each one array on the device. */
export interface LabWeights {
  compute: Compute;
  ranges: readonly ScopeRange[];
  /** N. */
  size: number;
  base: ComputeBuffer;
  /** τ = θ_ft − θ_pre in f32. */
  taus: readonly ComputeBuffer[];
  free(): void;
}

/** Where the tensors in scope lie in arrays over it, in the base's file order. */
export function rangesOf(planned: readonly PlannedTensor[]): ScopeRange[] {
  let at = 0;
  return planned
    .filter(({ fate }) => fate === 'merged')
    .map((each) => {
      const from = at;
      at += countElements(each.tensor);
      return { tensor: each.tensor, planned: each, from, to: at };
    });
}

/** Reads the tensors in scope; readers have the base first. `onModel` is told the number of each checkpoint read. */
export async function loadWeights(
  compute: Compute,
  ranges: readonly ScopeRange[],
  [base, ...tuned]: readonly TensorReader[],
  signal: AbortSignal,
  onModel: (done: number) => void,
): Promise<LabWeights> {
  const size = ranges.at(-1)?.to ?? 0;
  const buffers: ComputeBuffer[] = [];
  const free = () => buffers.forEach((buffer) => compute.free(buffer));
  const readAll = async (reader: TensorReader, infoOf: (at: ScopeRange) => TensorInfo) => {
    const values = new Float32Array(size);
    for (const range of ranges) {
      throwIfCancelled(signal);
      values.set(await readF32(reader, infoOf(range)), range.from);
    }
    return values;
  };
  try {
    const from = await readAll(base!, ({ tensor }) => tensor);
    onModel(1);
    for (const [m, reader] of tuned.entries()) {
      const tau = await readAll(reader, ({ planned }) => planned.models[m]!);
      for (let k = 0; k < size; k++) tau[k]! -= from[k]!;
      buffers.push(await compute.adopt(new Uint32Array(tau.buffer)));
      onModel(m + 2);
    }
    const taus = [...buffers];
    buffers.push(await compute.adopt(new Uint32Array(from.buffer)));
    return { compute, ranges, size, base: buffers.at(-1)!, taus, free };
  } catch (thrown) {
    free();
    throw thrown;
  }
}

/** Values of an array over the scope, read back. */
export async function valuesOf(
  { compute, size }: Pick<LabWeights, 'compute' | 'size'>,
  buffer: ComputeBuffer,
): Promise<Float32Array<ArrayBuffer>> {
  const [words] = await compute.read([{ buffer, bytes: size * 4 }]);
  return new Float32Array(words!.buffer, words!.byteOffset, size);
}
