import { ownParameters, parameterNames, type ParameterName } from './parameters.ts';

/** What mergekit takes under the name of a method. */
export interface MergekitForm {
  /** `apart`: no model, and left out of them; `optional`: the same, or there is none; `model`: one of the models. */
  base: 'apart' | 'optional' | 'model';
  parameters: readonly { name: ParameterName; required?: boolean }[];
}

/** By the names of methods. */
export type MergekitForms = Readonly<Record<string, MergekitForm>>;

/** Flags of mergekit of which Stitchwork does one value only. */
export const fixedFlags: Readonly<Record<string, boolean>> = {
  filter_wise: false,
  nuslerp_flatten: true,
  nuslerp_row_wise: false,
};

/** Parameters that mergekit reads, and `seed`, which a recipe under `compat` may have. */
export const sharedParameters = parameterNames.filter(
  (name) => name === 'seed' || !ownParameters.includes(name),
);

const foreignParameters = [
  'normalize',
  'normalize_weights',
  'int8_mask',
  'epsilon',
  'scale',
  'select_topk',
  'max_iter',
  'tol',
  ...Object.keys(fixedFlags),
];

type Plain = Readonly<Record<string, unknown>>;

const mapOf = (value: unknown): Plain => (isPlain(value) ? value : {});
const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const has = (map: Plain, keys: readonly string[]) => keys.some((key) => Object.hasOwn(map, key));

/**
 * Whether a recipe, as plain data, is mergekit's: it says so; or it has nothing of Stitchwork alone, and something of
 * mergekit alone or every parameter that mergekit asks for.
 */
export function isMergekits(data: unknown, forms: MergekitForms): boolean {
  const recipe = mapOf(data);
  if (Object.hasOwn(recipe, 'compat')) return true;
  if (has(recipe, ['slices', 'modules'])) return true;
  const { merge_method: method } = recipe;
  const form =
    typeof method === 'string' && Object.hasOwn(forms, method) ? forms[method] : undefined;
  const models = Array.isArray(recipe.models) ? recipe.models.map(mapOf) : [];
  const parameters = [recipe, ...models].map((each) => mapOf(each.parameters));
  const own =
    has(recipe, [
      'scope',
      'density_of',
      'rows',
      'localize',
      'evaluate',
      'general',
      'compare',
      'sweep',
    ]) ||
    recipe.out_dtype === 'base' ||
    models.some((each) => has(each, ['data', 'mask'])) ||
    parameters.some((each) => has(each, ownParameters));
  if (!form || own || models.length === 0) return false;
  const foreign =
    has(recipe, ['tokenizer_source', 'tokenizer', 'chat_template']) ||
    (Object.hasOwn(recipe, 'dtype') && recipe.dtype !== 'float32') ||
    (form.base !== 'apart' && !Object.hasOwn(recipe, 'base_model')) ||
    models.some(({ model }) => model === recipe.base_model) ||
    parameters.some(
      (each) =>
        has(each, foreignParameters) ||
        Object.values(each).some((value) => typeof value === 'object' && value !== null),
    );
  return foreign || (!Object.hasOwn(recipe, 'out_dtype') && asks(form, models, parameters[0]));
}

/** Whether there is something mergekit asks for, and all of it is given. */
function asks(
  { parameters }: MergekitForm,
  models: readonly Plain[],
  shared: Plain | undefined,
): boolean {
  const required = parameters.filter((each) => each.required).map(({ name }) => name);
  const given = ({ parameters: own }: Plain, name: string) =>
    has(mapOf(own), [name]) || has(shared ?? {}, [name]);
  return required.length > 0 && required.every((name) => models.every((each) => given(each, name)));
}
