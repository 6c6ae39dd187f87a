import {
  fixedFlags,
  sharedParameters,
  type MergekitForm,
  type MergekitForms,
} from './mergekitForm.ts';
import { parseModels } from './parseModels.ts';
import { parseParameter } from './parseParameters.ts';
import { parameterRules, type ParameterName, type Settings } from './parameters.ts';
import { outDtypes, rowChoices, type Recipe } from './recipe.ts';
import type { FilteredValue, Setting } from './setting.ts';
import type { Field, Fields, YamlReader } from './yamlReader.ts';

const keys = [
  'merge_method',
  'base_model',
  'models',
  'parameters',
  'dtype',
  'out_dtype',
  'tokenizer_source',
  'chat_template',
  'rows',
  'compat',
];
const ignored = ['int8_mask', ...Object.keys(fixedFlags)];
const computedDtypes = outDtypes.filter((each) => each !== 'base');

const noSlices =
  'layers of models cannot be stacked here. Where every slice is a whole model, write models: with one entry for each; else run it in mergekit.';

/** A configuration of mergekit, as `Recipe` under `compat: mergekit`; problems go to the reader. */
export function parseMergekit(yaml: YamlReader, forms: MergekitForms): Recipe {
  const fields = yaml.root().map([...keys, 'slices', 'modules', 'tokenizer', 'density_of']);
  const at = (key: string) => fields.at.get(key);
  refuseOthers(yaml, fields);
  at('compat')?.oneOf(['mergekit']);
  const method = fields.required('merge_method', 'name a method')?.oneOf(Object.keys(forms)) ?? '';
  const form = Object.hasOwn(forms, method) ? forms[method] : undefined;
  const modelsField = fields.required('models', 'list at least one checkpoint');
  const listed = modelsField ? parseListed(modelsField) : [];
  const parameters = at('parameters');
  const shared = parameters && parseSettings(parameters, 'merge');
  const baseField =
    form?.base === 'apart'
      ? fields.required('base_model', `${method} adds changes to a base`)
      : at('base_model');
  const base = baseField?.text('the name of a checkpoint') ?? null;
  const placed = form ? placeBase(form, method, base, listed, baseField?.line ?? 1) : listed;
  const computed = at('dtype')?.oneOf(computedDtypes);
  const kept = fields.each(['tokenizer_source', 'chat_template'] as const, (field, key) =>
    field.text(key === 'chat_template' ? 'a template' : 'base'),
  );
  const rows = at('rows')?.oneOf(rowChoices);
  const outDtype = at('out_dtype');
  yaml.finish();
  if (form)
    for (const { name, required } of form.parameters)
      if (required) requireParameter(yaml, name, placed, shared ?? {}, method);
  return {
    merge_method: method,
    compat: 'mergekit',
    base_model: base ?? placed[0]?.model ?? '',
    models: placed.map(({ model, parameters }) => ({ model, ...(parameters && { parameters }) })),
    ...(shared && { parameters: shared }),
    ...(rows && { rows }),
    dtype: 'float32',
    out_dtype: (outDtype ? outDtype.oneOf(outDtypes) : computed) ?? 'base',
    ...kept,
  };
}

interface Listed {
  model: string;
  line: number;
  parameters?: Settings;
}

function refuseOthers(yaml: YamlReader, { at }: Fields): void {
  const [models, slices, modules] = ['models', 'slices', 'modules'].map((key) => at.get(key));
  if (models && slices)
    slices.report(`stands beside models on line ${models.line}: keep models alone.`);
  else slices?.report(noSlices);
  modules?.report('write models: here; all modules of a model are merged alike.');
  if (!models && (slices ?? modules)) yaml.finish();
  at.get('tokenizer')?.report(
    'a vocabulary cannot be built anew here. Leave it out to keep the tokenizer of the base.',
  );
  at.get('density_of')?.report(
    'mergekit counts density in each tensor. Leave it out, or leave out compat.',
  );
  const source = at.get('tokenizer_source');
  if (source && !['base', at.get('base_model')?.plain()].includes(source.plain()))
    source.report(
      'only base is supported, the tokenizer of the base. Leave it out when all models have the same.',
    );
}

function parseListed(field: Field): Listed[] {
  return parseModels(field, 'checkpoint', ['parameters'], (fields, item) => ({
    line: item.line,
    ...fields.each(['parameters'] as const, (at) => parseSettings(at, 'model')),
  }));
}

/** The models that are merged: a base apart is none of them; a base among them is there, in SLERP at the start. */
function placeBase(
  { base: rule }: MergekitForm,
  method: string,
  base: string | null,
  listed: Listed[],
  line: number,
): Listed[] {
  if (base === null) return listed;
  const others = listed.filter(({ model }) => model !== base);
  if (rule !== 'model') return others;
  const [own = { model: base, line }] = listed.filter(({ model }) => model === base);
  if (method === 'slerp') return [own, ...others];
  return listed.includes(own) ? listed : [...listed, own];
}

function requireParameter(
  yaml: YamlReader,
  name: ParameterName,
  models: readonly Listed[],
  shared: Settings,
  method: string,
): void {
  if (shared[name] !== undefined) return;
  const why = `missing: ${method} asks for it`;
  if (parameterRules[name].per === 'merge') {
    yaml.report({ line: yaml.root().line, path: `parameters.${name}` }, `${why}.`);
    return;
  }
  for (const { model, line, parameters } of models)
    if (parameters?.[name] === undefined)
      yaml.report({ line, path: `${name} of "${model}"` }, `${why} of every model.`);
}

function parseSettings(field: Field, of: 'merge' | 'model'): Settings {
  const allowed = sharedParameters.filter(
    (name) => of === 'merge' || parameterRules[name].per === of,
  );
  const fields = field.map([...allowed, ...ignored]);
  for (const name of ignored) {
    const given = fields.at.get(name);
    const value = given?.flag();
    const only = fixedFlags[name];
    if (given && value !== undefined && only !== undefined && value !== only)
      given.report(`only ${only} is supported.`);
  }
  return fields.each(allowed, parseSetting);
}

function parseSetting(field: Field, name: ParameterName): Setting | undefined {
  if (!field.isList) return field.isMap ? parseFilters([field], name) : parseParameter(field, name);
  const items = field.list('number, or {filter, value}');
  if (items.some((item) => item.isMap)) return parseFilters(items, name);
  const values = items.map((item) => parseParameter(item, name));
  return values.every((value) => value !== undefined) ? values : undefined;
}

function parseFilters(items: Field[], name: ParameterName): FilteredValue[] {
  return items.flatMap((item) => {
    const fields = item.map(['filter', 'value']);
    const given = fields.required('value', 'give the value for tensors whose name holds filter');
    const filter = fields.at.get('filter')?.text('a part of tensor names');
    if (!given) return [];
    const value = given.isList
      ? given.list('number').map((each) => parseParameter(each, name) ?? 0)
      : (parseParameter(given, name) ?? 0);
    return [{ ...(filter !== undefined && { filter }), value }];
  });
}
