import { parseLocalize, parseMetrics } from './parseLocalize.ts';
import { isMergekits, type MergekitForms } from './mergekitForm.ts';
import { parseMergekit } from './parseMergekit.ts';
import { parseParameters } from './parseParameters.ts';
import { parseSweep } from './parseSweep.ts';
import { parseTaskData } from './parseTaskData.ts';
import { defaultLocalize, type OutDtype, type Recipe, type Scope } from './recipe.ts';
import { YamlReader, type Field } from './yamlReader.ts';

const keys = [
  'merge_method',
  'base_model',
  'models',
  'parameters',
  'localize',
  'evaluate',
  'scope',
  'dtype',
  'out_dtype',
  'sweep',
] as const;
const outDtypes = ['float32', 'float16', 'bfloat16', 'base'] as const satisfies OutDtype[];

const scopes = ['blocks', 'all'] as const satisfies Scope[];

/**
 * A recipe from YAML text in mergekit's vocabulary; `methods` are the ids allowed as merge_method, `presets`
 * those of localizers, `forms` what mergekit has under the names of methods. Throws `BadFile` with one line per problem, each naming line, field and what is allowed.
 */
export function parseRecipe(
  text: string,
  methods: readonly string[],
  presets: readonly string[],
  forms: MergekitForms = {},
): Recipe {
  const yaml = new YamlReader(text);
  if (isMergekits(yaml.plain(), forms)) {
    const recipe = parseMergekit(yaml, forms);
    yaml.finish();
    return recipe;
  }
  const fields = yaml.map(yaml.root(), keys);
  const method = yaml.required(fields, 'merge_method', `give one of ${methods.join(', ')}`);
  const base = yaml.required(
    fields,
    'base_model',
    'every method needs the checkpoint that scope and copied tensors come from',
  );
  const models = yaml.required(fields, 'models', 'list at least one fine-tuned checkpoint');
  const parameters = fields?.at.get('parameters');
  const localize = fields?.at.get('localize');
  const evaluate = fields?.at.get('evaluate');
  const scope = fields?.at.get('scope');
  const dtype = fields?.at.get('dtype');
  const outDtype = fields?.at.get('out_dtype');
  const sweep = fields?.at.get('sweep');

  const baseName = (base && yaml.text(base, 'the name of a checkpoint')) ?? '';
  const parsed = models ? parseModels(yaml, models, baseName) : [];
  const settings = localize
    ? parseLocalize(yaml, localize, presets)
    : parsed.some(({ data }) => data) && { ...defaultLocalize };
  const recipe: Recipe = {
    merge_method: (method && yaml.oneOf(method, methods)) ?? '',
    base_model: baseName,
    models: parsed,
    ...(parameters && { parameters: parseParameters(yaml, parameters, 'merge') }),
    ...(settings && { localize: settings }),
    ...(evaluate && { evaluate: parseMetrics(yaml, evaluate) }),
    ...(scope && { scope: parseScope(yaml, scope) }),
    dtype: (dtype && yaml.oneOf(dtype, ['float32'], 'float32')) ?? 'float32',
    out_dtype: (outDtype && yaml.oneOf(outDtype, outDtypes)) ?? 'base',
    ...(sweep && { sweep: parseSweep(yaml, sweep, methods, presets) }),
  };
  yaml.finish();
  return recipe;
}

function parseModels(yaml: YamlReader, field: Field, base: string): Recipe['models'] {
  const lineOf = new Map<string, number>();
  return yaml.list(field, 'fine-tuned checkpoint').map((item) => {
    const fields = yaml.map(item, ['model', 'parameters', 'data', 'mask']);
    const name = yaml.required(fields, 'model', 'name a checkpoint');
    const parameters = fields?.at.get('parameters');
    const data = fields?.at.get('data');
    const mask = fields?.at.get('mask');
    const model = (name && yaml.text(name, 'the name of a checkpoint')) ?? '';
    const earlier = lineOf.get(model);
    if (name && model) {
      if (model === base)
        yaml.report(name.line, name.path, `"${model}" is the base already; list only fine-tuned.`);
      if (earlier !== undefined)
        yaml.report(name.line, name.path, `"${model}" is listed on line ${earlier} already.`);
      lineOf.set(model, name.line);
    }
    return {
      model,
      ...(parameters && { parameters: parseParameters(yaml, parameters, 'model') }),
      ...(data && { data: parseTaskData(yaml, data) }),
      ...(mask && { mask: parseMask(yaml, mask) }),
    };
  });
}

function parseMask(yaml: YamlReader, field: Field): string {
  const id = yaml.text(field, 'the id of a mask') ?? '';
  if (id && !/^[0-9a-f]{64}$/.test(id))
    yaml.report(field.line, field.path, `must be the id of a mask, 64 hexadecimal digits.`);
  return id;
}

function parseScope(yaml: YamlReader, field: Field): Scope {
  if (!yaml.isMap(field)) {
    const wanted = 'blocks, all or {include: […], exclude: […]}';
    return yaml.oneOf(field, scopes, wanted) ?? 'blocks';
  }
  const fields = yaml.map(field, ['include', 'exclude']);
  const scope: Exclude<Scope, string> = {};
  for (const key of ['include', 'exclude'] as const) {
    const list = fields?.at.get(key);
    if (list)
      scope[key] = yaml
        .list(list, 'pattern over tensor names')
        .flatMap((item) => yaml.text(item, 'a pattern over tensor names') ?? []);
  }
  if (fields?.at.size === 0)
    yaml.report(field.line, field.path, 'give include, exclude or both, or write blocks or all.');
  return scope;
}
