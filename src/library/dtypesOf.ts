import type { DType } from '../tensor/dtype.ts';
import { countElements, type TensorIndex } from '../tensor/tensorIndex.ts';

/** The dtypes of a checkpoint, those of most parameters first. */
export function dtypesOf({ tensors }: Pick<TensorIndex, 'tensors'>): DType[] {
  const sizes = new Map<DType, number>();
  for (const tensor of tensors)
    sizes.set(tensor.dtype, (sizes.get(tensor.dtype) ?? 0) + countElements(tensor));
  return [...sizes].sort((a, b) => b[1] - a[1]).map(([dtype]) => dtype);
}
