import { parametersOf } from '../merge/plan.ts';
import type { Method } from '../merge/method.ts';
import type { Parameters } from '../recipe/parameters.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { yamlText } from '../recipe/yamlText.ts';
import { isMergeable, type DType } from '../tensor/dtype.ts';

/** mergekit_config.yml, or the plain reason why there is none. */
export type MergekitConfig = { text: string } | { reason: string };

/** What a recipe becomes in mergekit. */
interface MergekitMethod {
  merge_method: string;
  /** Parameters of each model, by names that both programs use. */
  perModel: readonly ('weight' | 'density')[];
  /** Parameters of the whole merge. */
  whole: readonly 'lambda'[];
  /** Whether mergekit takes a base: to `linear` it would be one more model. */
  base: boolean;
  /** Whether `density` is a share of the whole scope here, and of each tensor in mergekit. */
  trims: boolean;
  /** Where results differ whatever the parameters. */
  notes: readonly string[];
}

/** The methods that mergekit has, by the names of ../merge/methods/registry. */
const mergekitMethods: Readonly<Record<string, MergekitMethod>> = {
  linear: {
    ...{ merge_method: 'linear', perModel: ['weight'], whole: [], base: false, trims: false },
    notes: [
      'linear takes no base: mergekit copies configuration and tokenizer from the first model.',
    ],
  },
  task_arithmetic: {
    ...{ merge_method: 'task_arithmetic', perModel: ['weight'], whole: ['lambda'] },
    ...{ base: true, trims: false, notes: [] },
  },
  ties: {
    ...{ merge_method: 'ties', perModel: ['density', 'weight'], whole: ['lambda'] },
    ...{ base: true, trims: true },
    notes: [
      'Where signs balance out, mergekit takes the positive side, and Stitchwork keeps the base.',
    ],
  },
};

const trimNote =
  'NOT THE SAME RESULT: mergekit trims to the density in each tensor, Stitchwork once over all tensors together.';
const namesNote =
  'Names are those of checkpoints in the library: put paths or names on the Hub in their place.';

/**
 * A recipe as mergekit's configuration; `baseDtypes` are the base's dtypes, most weights first, `patches` the models that
 * are no whole checkpoints.
 */
export function mergekitConfig(
  recipe: Recipe,
  method: Method,
  baseDtypes: readonly DType[],
  patches: readonly string[] = [],
): MergekitConfig {
  const known = Object.hasOwn(mergekitMethods, recipe.merge_method)
    ? mergekitMethods[recipe.merge_method]
    : undefined;
  if (!known) return { reason: `mergekit has no method ${recipe.merge_method}` };
  if ((recipe.scope ?? method.defaultScope) !== 'all')
    return { reason: 'mergekit merges every tensor, and this recipe’s scope leaves some out' };
  if (patches.length > 0) return { reason: `mergekit opens no patches (${patches.join(', ')})` };
  const out = outputDtype(recipe, baseDtypes);
  const parameters = parametersOf(recipe, method);
  const trims = known.trims && parameters.some(({ density = 1 }) => density < 1);
  const notes = [namesNote, ...(trims ? [trimNote] : []), ...known.notes, ...out.notes];
  return { text: yamlText(contentOf(recipe, parameters, known, out.dtype), notes) };
}

function contentOf(
  recipe: Recipe,
  parameters: readonly Parameters[],
  known: MergekitMethod,
  outDtype: string,
) {
  return {
    merge_method: known.merge_method,
    ...(known.base && { base_model: recipe.base_model }),
    models: recipe.models.map(({ model }, m) => ({
      model,
      parameters: Object.fromEntries(
        known.perModel.map((name) => [name, parameters[m]?.[name] ?? 1]),
      ),
    })),
    ...(known.whole.includes('lambda') && {
      parameters: { lambda: parameters[0]?.lambda ?? 1 },
    }),
    dtype: recipe.dtype,
    out_dtype: outDtype,
  };
}

const mergekitDtypes: Partial<Record<DType, string>> = {
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
};

/** mergekit writes one dtype, Stitchwork may keep the base's, tensor by tensor. */
function outputDtype(
  { out_dtype, dtype }: Recipe,
  baseDtypes: readonly DType[],
): { dtype: string; notes: string[] } {
  if (out_dtype !== 'base') return { dtype: out_dtype, notes: [] };
  const merging = baseDtypes.filter(isMergeable);
  const [first, ...others] = merging;
  const found = first && mergekitDtypes[first];
  const same = first === undefined || (found && others.length === 0);
  const note = `Stitchwork kept the base’s dtypes (${merging.join(', ')}); mergekit writes all in one.`;
  return { dtype: found ?? dtype, notes: same ? [] : [note] };
}
