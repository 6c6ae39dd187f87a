import { AppError } from '../errors.ts';
import type { Tensors } from '../gpu/tensors.ts';
import type { Tensor } from '../gpu/tf.ts';
import { asBytes, release } from '../tensor/release.ts';
import { countElements, type TensorReader } from '../tensor/tensorIndex.ts';
import type { Block, BlockTensor } from './block.ts';
import type { LoadedBlock, ParameterSource } from './blockwise.ts';
import { readF32 } from './readF32.ts';

/** A tensor on the device, and how to free what it stands on. */
export interface Held {
  tensor: Tensor;
  free(): void;
}

/** Copies values to the device. */
export async function hold(
  tensors: Tensors,
  values: Float32Array<ArrayBuffer>,
  shape: readonly number[],
): Promise<Held> {
  const { tf, compute, tensorOf } = tensors;
  if (!compute.device) {
    const tensor = tf.tensor(values, [...shape], 'float32');
    return { tensor, free: () => tensor.dispose() };
  }
  const buffer = await compute.buffer(values.byteLength);
  compute.write(buffer, 0, asBytes(values));
  const tensor = tensorOf(buffer, shape);
  const free = () => {
    tensors.flush();
    tensor.dispose();
    compute.free(buffer);
  };
  return { tensor, free };
}

/** Parameters that are held until it is closed. */
export interface ReaderSource extends ParameterSource {
  close(): void;
}

/** Parameters of a stored model, none trainable; they stay on the device while `budgetBytes` lasts. */
export function createReaderSource(
  tensors: Tensors,
  readers: Readonly<Record<BlockTensor['of'], TensorReader>>,
  budgetBytes: number,
): ReaderSource {
  const kept = new Map<string, Held>();
  let usedBytes = 0;
  let closed = false;

  const load = async (block: Block): Promise<LoadedBlock> => {
    const passing: Held[] = [];
    const params = new Map<string, Tensor>();
    try {
      for (const each of block.tensors) {
        const name = `${each.of} ${each.info.name}`;
        const bytes = countElements(each.info) * 4;
        let held = kept.get(name);
        if (!held) {
          const values = await readF32(readers[each.of], each.info);
          held = await hold(tensors, values, each.info.shape);
          release(values);
          if (usedBytes + bytes > budgetBytes) passing.push(held);
          else {
            kept.set(name, held);
            usedBytes += bytes;
          }
        }
        params.set(each.info.name, held.tensor);
      }
      if (closed) throw new AppError('Cancelled', 'The model was closed.');
    } catch (thrown) {
      passing.forEach(({ free }) => free());
      throw thrown;
    }
    return { params, trainable: [], release: () => passing.forEach(({ free }) => free()) };
  };

  return {
    load,
    close() {
      closed = true;
      kept.forEach(({ free }) => free());
      kept.clear();
    },
  };
}
