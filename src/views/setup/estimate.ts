import type { Preflight } from '../../api/preflight.ts';
import type { OutDtype } from '../../recipe/recipe.ts';
import { type RunSeconds, totalSeconds } from '../../state/pace.ts';
import { formatList, formatSeconds } from '../../ui/format.ts';

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

/** How long a run will take, or what of it was never measured, in words. */
export function timeFigure(planned: RunSeconds): { value: string; note: string } {
  const total = totalSeconds(planned);
  if (total !== null) {
    const whole = Math.max(1, Math.round(total));
    const words = whole < 10 ? `${whole}\u00a0s` : formatSeconds(whole);
    return { value: `about ${words}`, note: 'by earlier runs here' };
  }
  const parts = [
    ['finding masks', planned.find],
    ['merging', planned.merge],
    ['evaluating', planned.evaluate],
  ] as const;
  const unknown = parts.flatMap(([part, seconds]) => (seconds === null ? part : []));
  const which = unknown.length < parts.length ? `: ${formatList(unknown)}` : '';
  return { value: '–', note: `not measured here yet${which}` };
}
