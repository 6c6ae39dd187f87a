import type { Preflight } from '../../api/preflight.ts';
import type { OutDtype } from '../../recipe/recipe.ts';

const floating = ['F64', 'F32', 'F16', 'BF16', 'F8_E4M3', 'F8_E5M2'];
const bytesOf: Record<Exclude<OutDtype, 'base'>, number> = { float32: 4, float16: 2, bfloat16: 2 };

/** Bytes of the merged weights in the output dtype. */
export function outputBytes(preflight: Preflight, dtype: OutDtype): number {
  if (dtype === 'base') return preflight.bytes.output;
  return preflight.tensors.reduce(
    (sum, { dtype: own, elements }) =>
      sum + (floating.includes(own) ? elements * bytesOf[dtype] : 0),
    0,
  );
}
