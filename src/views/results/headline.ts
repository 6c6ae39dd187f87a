import type { OutDtype } from '../../recipe/recipe.ts';
import type { DType } from '../../tensor/dtype.ts';
import { formatPercent, formatSeconds } from '../../ui/format.ts';
import type { MethodInfo } from '../../api/methods.ts';
import type { RemarkKind } from '../../api/remarks.ts';
import type { RunResult } from '../../api/results.ts';

const stored: Record<Exclude<OutDtype, 'base'>, DType> = {
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
};
const floating: readonly DType[] = ['F64', 'F32', 'F16', 'BF16', 'F8_E4M3', 'F8_E5M2'];

/**
 * The answer of a run in one sentence: "1.9 % of weights changed; every other weight is the base's, bit for bit".
 * `baseDtypes` tells whether the output dtype is the base's own; empty when that is not known. It claims nothing that a remark
 * contradicts.
 */
export function headline(
  { parameters: { changed, total }, remarks }: RunResult,
  outDtype: OutDtype,
  baseDtypes: readonly DType[],
): string {
  if (!changed) return 'No weight changed: the result is the base';
  const share = `${formatPercent(changed / Math.max(1, total))} of weights changed`;
  const isRemarked = (kind: RemarkKind) => remarks.some((each) => each.kind === kind);
  if (changed === total || isRemarked('too large')) return share;
  if (isRemarked('dequantized')) return `${share}; every other weight is the base’s`;
  const floats = baseDtypes.filter((dtype) => floating.includes(dtype));
  const same =
    outDtype === 'base' ||
    (floats.length > 0 && floats.every((dtype) => dtype === stored[outDtype]));
  return `${share}; every other weight is the base’s, ${same ? 'bit for bit' : `written as ${outDtype}`}`;
}

/** What took the time of a run beside merging: "3.1 s to localize, 2 s to evaluate". */
export function timeNote(
  { seconds, scores, general = [] }: Pick<RunResult, 'seconds' | 'scores' | 'general'>,
  method: Pick<MethodInfo, 'learnsMasks' | 'needs'> | null,
): string {
  const before = method?.learnsMasks ? 'localize' : method?.needs ? 'learn' : 'measure the changes';
  const after = scores.length + general.length > 0 ? 'evaluate' : 'compare the changes';
  return [
    seconds.localize > 0 ? `${formatSeconds(seconds.localize)} to ${before}` : '',
    seconds.evaluate > 0 ? `${formatSeconds(seconds.evaluate)} to ${after}` : '',
  ]
    .filter(Boolean)
    .join(', ');
}
