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

/** Reads that follow each other in a file are few. */
const inFileOrder = ({ info: a }: BlockTensor, { info: b }: BlockTensor) =>
  a.file - b.file || a.start - b.start;

/** Parameters that are held until it is closed. */
export interface ReaderSource extends ParameterSource {
  close(): void;
}

/** Parameters that stay on the device, by where they were read. */
export class KeptParameters {
  readonly byReader = new Map<TensorReader, Map<string, Held>>();
  bytes = 0;
}

/**
 * Parameters of a stored model, none trainable; they stay on the device while `budgetBytes` lasts. Sources that share what
 * they keep are closed together.
 */
export function createReaderSource(
  tensors: Tensors,
  readers: Readonly<Record<BlockTensor['of'], TensorReader>>,
  budgetBytes: number,
  kept = new KeptParameters(),
): ReaderSource {
  let closed = false;
  const keptOf = (reader: TensorReader) => {
    const found = kept.byReader.get(reader) ?? new Map<string, Held>();
    kept.byReader.set(reader, found);
    return found;
  };

  const load = async (block: Block): Promise<LoadedBlock> => {
    const passing: Held[] = [];
    const params = new Map<string, Tensor>();
    try {
      for (const each of [...block.tensors].sort(inFileOrder)) {
        const { name } = each.info;
        const bytes = countElements(each.info) * 4;
        const reader = readers[each.of];
        let held = keptOf(reader).get(name);
        if (!held) {
          const values = await readF32(reader, each.info);
          held = await hold(tensors, values, each.info.shape);
          release(values);
          if (kept.bytes + bytes > budgetBytes) passing.push(held);
          else {
            keptOf(reader).set(name, held);
            kept.bytes += bytes;
          }
        }
        params.set(name, held.tensor);
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
      for (const each of kept.byReader.values()) each.forEach(({ free }) => free());
      kept.byReader.clear();
    },
  };
}
