import {
  fixedFlags,
  sharedParameters,
  type MergekitForm,
  type MergekitForms,
} from './mergekitForm.ts';
import { parseModels } from './parseModels.ts';
import { parseParameter } from './parseParameters.ts';
import { parameterRules, type ParameterName, type Settings } from './parameters.ts';
import { outDtypes, type Recipe } from './recipe.ts';
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
  'compat',
];
const ignored = ['int8_mask', ...Object.keys(fixedFlags)];
const computedDtypes = outDtypes.filter((each) => each !== 'base');

const noSlices =
  'layers of models cannot be stacked here. Where every slice is a whole model, write models: with one entry for each; else run it in mergekit.';

/** A configuration of mergekit, as `Recipe` under `compat: mergekit`; problems go to the reader. */
export function parseMergekit(yaml: YamlReader, forms: MergekitForms): Recipe {
  const fields = yaml.map(yaml.root(), [...keys, 'slices', 'modules', 'tokenizer']);
  const at = (key: string) => fields?.at.get(key);
  refuseOthers(yaml, fields);
  const compat = at('compat');
  if (compat) yaml.oneOf(compat, ['mergekit']);
  const methodField = yaml.required(fields, 'merge_method', 'name a method');
  const method = (methodField && yaml.oneOf(methodField, Object.keys(forms))) ?? '';
  const form = Object.hasOwn(forms, method) ? forms[method] : undefined;
  const modelsField = yaml.required(fields, 'models', 'list at least one checkpoint');
  const listed = modelsField ? parseListed(yaml, modelsField) : [];
  const parametersField = at('parameters');
  const shared = parametersField && parseSettings(yaml, parametersField, 'merge');
  const baseField =
    form?.base === 'apart'
      ? yaml.required(fields, 'base_model', `${method} adds changes to a base`)
      : at('base_model');
  const base = (baseField && yaml.text(baseField, 'the name of a checkpoint')) ?? null;
  const placed = form ? placeBase(form, method, base, listed, baseField?.line ?? 1) : listed;
  const dtype = at('dtype');
  const outDtype = at('out_dtype');
  const computed = dtype && yaml.oneOf(dtype, computedDtypes);
  const kept = yaml.each(fields, ['tokenizer_source', 'chat_template'] as const, (field, key) =>
    yaml.text(field, key === 'chat_template' ? 'a template' : 'base'),
  );
  yaml.finish();
  if (form)
    for (const { name, required } of form.parameters)
      if (required) requireParameter(yaml, name, placed, shared ?? {}, fields, method);
  return {
    merge_method: method,
    compat: 'mergekit',
    base_model: base ?? placed[0]?.model ?? '',
    models: placed.map(({ model, parameters }) => ({ model, ...(parameters && { parameters }) })),
    ...(shared && { parameters: shared }),
    dtype: 'float32',
    out_dtype: (outDtype ? yaml.oneOf(outDtype, outDtypes) : computed) ?? 'base',
    ...kept,
  };
}

interface Listed {
  model: string;
  line: number;
  parameters?: Settings;
}

function refuseOthers(yaml: YamlReader, fields: Fields | undefined): void {
  const [models, slices, modules] = ['models', 'slices', 'modules'].map((key) =>
    fields?.at.get(key),
  );
  if (models && slices)
    yaml.report(slices, `stands beside models on line ${models.line}: keep models alone.`);
  else if (slices) yaml.report(slices, noSlices);
  if (modules) yaml.report(modules, 'write models: here; all modules of a model are merged alike.');
  if (!models && (slices ?? modules)) yaml.finish();
  const tokenizer = fields?.at.get('tokenizer');
  if (tokenizer)
    yaml.report(
      tokenizer,
      'a vocabulary cannot be built anew here. Leave it out to keep the tokenizer of the base.',
    );
  const source = fields?.at.get('tokenizer_source');
  const base = fields?.at.get('base_model');
  if (source && !['base', base && yaml.plainOf(base)].includes(yaml.plainOf(source)))
    yaml.report(
      source,
      'only base is supported, the tokenizer of the base. Leave it out when all models have the same.',
    );
}

function parseListed(yaml: YamlReader, field: Field): Listed[] {
  return parseModels(yaml, field, 'checkpoint', ['parameters'], (fields, item) => ({
    line: fields?.line ?? item.line,
    ...yaml.each(fields, ['parameters'] as const, (at) => parseSettings(yaml, at, 'model')),
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
  fields: Fields | undefined,
  method: string,
): void {
  if (shared[name] !== undefined) return;
  const why = `missing: ${method} asks for it`;
  if (parameterRules[name].per === 'merge') {
    yaml.report({ line: fields?.line ?? 1, path: `parameters.${name}` }, `${why}.`);
    return;
  }
  for (const { model, line, parameters } of models)
    if (parameters?.[name] === undefined)
      yaml.report({ line, path: `${name} of "${model}"` }, `${why} of every model.`);
}

function parseSettings(yaml: YamlReader, field: Field, of: 'merge' | 'model'): Settings {
  const allowed = sharedParameters.filter(
    (name) => of === 'merge' || parameterRules[name].per === of,
  );
  const fields = yaml.map(field, [...allowed, ...ignored]);
  for (const name of ignored) {
    const given = fields?.at.get(name);
    const value = given && yaml.flag(given);
    const only = fixedFlags[name];
    if (given && value !== undefined && only !== undefined && value !== only)
      yaml.report(given, `only ${only} is supported.`);
  }
  return yaml.each(fields, allowed, (given, name) => parseSetting(yaml, given, name));
}

function parseSetting(yaml: YamlReader, field: Field, name: ParameterName): Setting | undefined {
  if (!yaml.isList(field))
    return yaml.isMap(field)
      ? parseFilters(yaml, [field], name)
      : parseParameter(yaml, field, name);
  const items = yaml.list(field, 'number, or {filter, value}');
  if (items.some((item) => yaml.isMap(item))) return parseFilters(yaml, items, name);
  const values = items.map((item) => parseParameter(yaml, item, name));
  return values.every((value) => value !== undefined) ? values : undefined;
}

function parseFilters(yaml: YamlReader, items: Field[], name: ParameterName): FilteredValue[] {
  return items.flatMap((item) => {
    const fields = yaml.map(item, ['filter', 'value']);
    const given = yaml.required(
      fields,
      'value',
      'give the value for tensors whose name holds filter',
    );
    const filterField = fields?.at.get('filter');
    const filter = filterField && yaml.text(filterField, 'a part of tensor names');
    if (!given) return [];
    const value = yaml.isList(given)
      ? yaml.list(given, 'number').map((each) => parseParameter(yaml, each, name) ?? 0)
      : (parseParameter(yaml, given, name) ?? 0);
    return [{ ...(filter !== undefined && { filter }), value }];
  });
}
