import { parseLocalize, parseMetrics } from './parseLocalize.ts';
import { isMergekits, type MergekitForms } from './mergekitForm.ts';
import { parseMergekit } from './parseMergekit.ts';
import { parseModels } from './parseModels.ts';
import { parseParameters } from './parseParameters.ts';
import { parseGeneral } from './parseGeneral.ts';
import { parseScope } from './parseScope.ts';
import { parseSweep } from './parseSweep.ts';
import { parseTaskData } from './parseTaskData.ts';
import { parseVariations } from './parseVariations.ts';
import {
  defaultLocalize,
  densityWholes,
  outDtypes,
  rowChoices,
  type Recipe,
  type GeneralTask,
  type RecipeModel,
  tableNames,
} from './recipe.ts';
import { sweepSize } from './sweep.ts';
import { fewOf } from '../wording.ts';
import { YamlReader, type Field, type Fields } from './yamlReader.ts';

const keys = [
  'merge_method',
  'base_model',
  'models',
  'parameters',
  'localize',
  'evaluate',
  'scope',
  'density_of',
  'rows',
  'dtype',
  'out_dtype',
  'general',
  'compare',
  'sweep',
  'tables',
] as const;

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
  if (isMergekits(yaml.root().plain(), forms)) {
    const recipe = parseMergekit(yaml, forms);
    yaml.finish();
    return recipe;
  }
  const fields = yaml.root().map(keys);
  const method = fields.required('merge_method', `give one of ${fewOf(methods)}`);
  const base = fields.required(
    'base_model',
    'every method needs the checkpoint that scope and copied tensors come from',
  );
  const models = fields.required('models', 'list at least one fine-tuned checkpoint');
  const baseName = base?.text('the name of a checkpoint') ?? '';
  const listed = models ? parseFineTuned(models, baseName) : [];
  const names = listed.map(({ model }) => model);
  let general: GeneralTask[] = [];
  const recipe: Recipe = {
    merge_method: method?.oneOf(methods) ?? '',
    base_model: baseName,
    models: listed,
    ...(listed.some(({ data }) => data) && { localize: { ...defaultLocalize } }),
    dtype: 'float32',
    out_dtype: 'base',
    ...fields.object<Optional>({
      parameters: (at) => parseParameters(at, 'merge'),
      localize: (at) => parseLocalize(at, presets),
      evaluate: parseMetrics,
      scope: parseScope,
      density_of: (at) => at.oneOf(densityWholes),
      rows: (at) => at.oneOf(rowChoices),
      dtype: (at) => at.oneOf(['float32'], 'float32'),
      out_dtype: (at) => at.oneOf(outDtypes),
      general: (at) => (general = parseGeneral(at, names)),
      compare: (at) =>
        parseVariations(
          at,
          listed,
          general.map(({ name }) => name),
          methods,
          presets,
        ),
      sweep: (at) => parseSweep(at, listed.length, methods, presets),
      tables: (at) => at.distinct('table', (item) => item.oneOf(tableNames)),
    }),
  };
  checkMany(fields, recipe);
  yaml.finish();
  return recipe;
}

/** Fields that a recipe need not have. */
type Optional = Pick<
  Recipe,
  | 'parameters'
  | 'localize'
  | 'evaluate'
  | 'scope'
  | 'density_of'
  | 'rows'
  | 'dtype'
  | 'out_dtype'
  | 'general'
  | 'compare'
  | 'sweep'
  | 'tables'
>;

const mostRecipes = 200;

/** What is given of many recipes goes together. */
function checkMany({ at }: Fields, recipe: Recipe): void {
  const count = (recipe.compare?.length ?? 1) * sweepSize(recipe.sweep ?? {});
  const many = at.get('sweep') ?? at.get('compare');
  if (count > mostRecipes) many?.report(`expands to ${count} runs; give at most ${mostRecipes}.`);
  if (!many) at.get('tables')?.report('is of several recipes: give compare or sweep, too.');
}

function parseFineTuned(field: Field, base: string): RecipeModel[] {
  const own = ['parameters', 'data', 'mask'];
  const read = (fields: Fields) =>
    fields.object<Omit<RecipeModel, 'model'>>({
      parameters: (at) => parseParameters(at, 'model'),
      data: parseTaskData,
      mask: parseMask,
    });
  return parseModels(field, 'fine-tuned checkpoint', own, read, base);
}

function parseMask(field: Field): string {
  const id = field.text('the id of a mask') ?? '';
  if (id && !/^[0-9a-f]{64}$/.test(id))
    field.report(`must be the id of a mask, 64 hexadecimal digits.`);
  return id;
}
