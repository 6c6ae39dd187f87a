import { unsupported, type Fail } from '../../errors.ts';
import { dtypeBits } from '../../tensor/dtype.ts';
import { rowMajor } from '../../tensor/gatherStrided.ts';
import type { TensorInfo } from '../../tensor/tensorIndex.ts';
import { convertWithPython } from '../convertWithPython.ts';
import { badPickle, faultAt, type PicklePlace } from './pickleBytes.ts';
import type { PickleTensor } from './pickleValues.ts';

/** PyTorch's own cap. */
const mostDimensions = 64;

/**
 * Where a tensor's elements lie when its storage is bytes [start, end) of weight file `file`; `keys` lead to its state_dict. A
 * stride of 0 repeats elements. Throws BadFile, Unsupported.
 */
export function placeTensor(
  name: string,
  tensor: PickleTensor,
  storage: { start: number; end: number },
  file: number,
  place: PicklePlace,
  keys: readonly string[] = [],
): TensorInfo {
  const { dtype, shape, strides, offset } = tensor;
  const size = dtypeBits[dtype] / 8;
  const told = `tensor ${JSON.stringify(name)} of ${dtype} [${shape.join(', ')}]`;
  const fail: Fail = (fault) => badPickle(place, tensor.at, `holds ${told} ${fault}`);
  const elements = countChecked(tensor, fail);
  if (elements === 0) return { name, dtype, shape, file, start: storage.start, end: storage.start };
  const axes = shape
    .map((count, d) => ({ count, stride: strides[d] ?? 0 }))
    .filter(({ count, stride }) => count > 1 && stride > 0)
    .sort((a, b) => a.stride - b.stride);
  const overlapping = () => {
    const fault = `holds ${told} with strides [${strides.join(', ')}], whose elements overlap in the file`;
    return unsupported(
      `${faultAt(place, tensor.at, fault)}. Save it again after .contiguous(), or convert it to safetensors: ${convertWithPython(place.path, 'plain', keys)}`,
    );
  };
  let span = 1;
  for (const { count, stride } of axes) {
    if (stride < span) throw overlapping();
    span += (count - 1) * stride;
  }
  const held = (storage.end - storage.start) / size;
  if (!(offset + span <= held))
    throw fail(
      `with offset ${offset} and strides [${strides.join(', ')}], which ends at element ${offset + span} of a storage of ${Math.floor(held)}`,
    );
  const start = storage.start + offset * size;
  const info: TensorInfo = { name, dtype, shape, file, start, end: start + span * size };
  const plain = rowMajor(shape);
  const isPlain = shape.every((count, d) => count === 1 || strides[d] === plain[d]);
  return isPlain ? info : { ...info, strides };
}

/** Number of elements of a tensor whose numbers make sense. */
function countChecked({ shape, strides, offset }: PickleTensor, fail: Fail): number {
  if (shape.length !== strides.length)
    throw fail(`with ${strides.length} strides for ${shape.length} dimensions`);
  if (shape.length > mostDimensions) throw fail(`with more than ${mostDimensions} dimensions`);
  const isWhole = (value: number) => Number.isSafeInteger(value) && value >= 0;
  const odd = shape.find((size) => !isWhole(size));
  if (odd !== undefined) throw fail(`with the size ${odd}`);
  const oddStride = strides.find((stride) => !isWhole(stride));
  if (oddStride !== undefined) throw fail(`with the stride ${oddStride}`);
  if (!isWhole(offset)) throw fail(`with the offset ${offset}`);
  const elements = shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
  if (elements * 8 > Number.MAX_SAFE_INTEGER) throw fail('with more than 2^50 elements');
  return elements;
}
