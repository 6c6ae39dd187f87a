import { parseLocalize, parseMetrics } from './parseLocalize.ts';
import { isMergekits, type MergekitForms } from './mergekitForm.ts';
import { parseMergekit } from './parseMergekit.ts';
import { parseModels } from './parseModels.ts';
import { parseParameters } from './parseParameters.ts';
import { parseSweep } from './parseSweep.ts';
import { parseTaskData } from './parseTaskData.ts';
import { defaultLocalize, outDtypes, type Recipe, type RecipeModel, type Scope } from './recipe.ts';
import { YamlReader, type Field, type Fields } from './yamlReader.ts';

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

const scopes = ['blocks', 'all'] as const satisfies Scope[];
/** What a scope by patterns may have. */
export const scopeKeys = ['include', 'exclude'] as const;

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
  const baseName = (base && yaml.text(base, 'the name of a checkpoint')) ?? '';
  const listed = models ? parseFineTuned(yaml, models, baseName) : [];
  const recipe: Recipe = {
    merge_method: (method && yaml.oneOf(method, methods)) ?? '',
    base_model: baseName,
    models: listed,
    ...(listed.some(({ data }) => data) && { localize: { ...defaultLocalize } }),
    dtype: 'float32',
    out_dtype: 'base',
    ...yaml.object<Optional>(fields, {
      parameters: (at) => parseParameters(yaml, at, 'merge'),
      localize: (at) => parseLocalize(yaml, at, presets),
      evaluate: (at) => parseMetrics(yaml, at),
      scope: (at) => parseScope(yaml, at),
      dtype: (at) => yaml.oneOf(at, ['float32'], 'float32'),
      out_dtype: (at) => yaml.oneOf(at, outDtypes),
      sweep: (at) => parseSweep(yaml, at, methods, presets),
    }),
  };
  yaml.finish();
  return recipe;
}

/** Fields that a recipe need not have. */
type Optional = Pick<
  Recipe,
  'parameters' | 'localize' | 'evaluate' | 'scope' | 'dtype' | 'out_dtype' | 'sweep'
>;

function parseFineTuned(yaml: YamlReader, field: Field, base: string): RecipeModel[] {
  const own = ['parameters', 'data', 'mask'];
  const read = (fields: Fields | undefined) =>
    yaml.object<Omit<RecipeModel, 'model'>>(fields, {
      parameters: (at) => parseParameters(yaml, at, 'model'),
      data: (at) => parseTaskData(yaml, at),
      mask: (at) => parseMask(yaml, at),
    });
  return parseModels(yaml, field, 'fine-tuned checkpoint', own, read, base);
}

function parseMask(yaml: YamlReader, field: Field): string {
  const id = yaml.text(field, 'the id of a mask') ?? '';
  if (id && !/^[0-9a-f]{64}$/.test(id))
    yaml.report(field, `must be the id of a mask, 64 hexadecimal digits.`);
  return id;
}

function parseScope(yaml: YamlReader, field: Field): Scope {
  if (!yaml.isMap(field)) {
    const wanted = 'blocks, all or {include: […], exclude: […]}';
    return yaml.oneOf(field, scopes, wanted) ?? 'blocks';
  }
  const fields = yaml.map(field, scopeKeys);
  const pattern = 'pattern over tensor names';
  const scope = yaml.each(fields, scopeKeys, (list) =>
    yaml.list(list, pattern).flatMap((item) => yaml.text(item, `a ${pattern}`) ?? []),
  );
  if (fields?.at.size === 0)
    yaml.report(field, 'give include, exclude or both, or write blocks or all.');
  return scope;
}
