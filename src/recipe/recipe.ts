import type { Settings } from './parameters.ts';

/** What merged weights may be written in; `base`: each tensor in the dtype of the base. */
export const outDtypes = ['float32', 'float16', 'bfloat16', 'base'] as const;
export type OutDtype = (typeof outDtypes)[number];

/** What becomes of rows of embeddings and heads that only models have. */
export const rowChoices = ['base', 'all'] as const;
export type Rows = (typeof rowChoices)[number];

/** What a density is a share of: the weights in scope, or all parameters of the model. */
export const densityWholes = ['scope', 'model'] as const;
export type DensityOf = (typeof densityWholes)[number];

export type Scope = 'blocks' | 'all' | { include?: string[]; exclude?: string[] };

/** Labelled examples of a task, and how its model reads them; paths are names of data in the library. */
export interface TaskData {
  train?: string;
  test?: string;
  /** Columns of a table; absent ones are guessed from their names. */
  columns?: {
    text?: string;
    text_b?: string;
    label?: string;
    /** One with lists, or one for each choice. */
    choices?: string[];
    answer?: string;
    image?: string;
  };
  /**
   * "{text} It was{mask} ."; absent: the task's own classification head. Of answers plain, alpaca, chat or
   * "Q: {text}\nA:", of choices plain, truthfulqa, hellaswag, copa or the like with
   * {choices}.
   */
  template?: string;
  /** One token each, by class. */
  label_words?: string[];
  /** Class names in the order of the classes; absent: as the data tells. */
  labels?: string[];
  /** Image prompts with {label} for a zero-shot head from the text tower. */
  prompts?: string[];
  /** Zero-shot head in place of prompts, by the name of data: a safetensors file with one tensor [classes, e]. */
  head?: string;
  /**
   * `labels`: classes; `next_token`: plain text for a language model; `choices`: the likelier continuation; `answers`: the
   * continuation of a prompt.
   */
  kind?: 'labels' | 'next_token' | 'choices' | 'answers';
  /** Whether choices are told by their texts, or by the letters that stand before them. */
  scoring?: 'text' | 'letter';
  /** What the log-likelihood of a choice is divided by before the largest is taken. */
  normalize?: 'none' | 'characters' | 'tokens' | 'bytes';
  /** Solved questions before each one: so many of other data, drawn by the seed (0). */
  demonstrations?: Demonstrations;
  /** Images that cannot be read are left out and counted, unless a run is to refuse them. */
  on_corrupt?: 'skip' | 'refuse';
}

export interface Demonstrations {
  from: string;
  count: number;
  seed?: number;
}

/** Names of all data that data of a model name: examples, demonstrations and a head. */
export function dataPaths({ train, test, demonstrations, head }: TaskData): string[] {
  return [train, test, demonstrations?.from, head].filter((path) => path !== undefined);
}

/** What templates of language models are called. */
export const templateNames: Readonly<Record<'answers' | 'choices', readonly string[]>> = {
  answers: ['plain', 'alpaca', 'chat'],
  choices: ['plain', 'truthfulqa', 'hellaswag', 'copa'],
};

/** How masks are found with data; by the names of ../localize/localizers/registry. */
export interface LocalizeSettings {
  preset: string;
  /** `exact`: ⌊density · scope⌋ positions; `free`: those with S > 0. */
  budget: 'exact' | 'free';
  /** Examples per class. */
  shots: number | 'all';
  seed: number;
  epochs?: number;
  batch_size?: number;
  learning_rate?: number;
  l1?: number;
}

/** What a recipe with data is localized by when it does not say. */
export const defaultLocalize: Readonly<LocalizeSettings> = {
  preset: 'scaled',
  budget: 'exact',
  shots: 64,
  seed: 0,
};

export const metricIds = ['accuracy', 'f1', 'perplexity', 'exact', 'mc2'] as const;
export type MetricName = (typeof metricIds)[number];

/** Values to be tried, by the path of what they set in the recipe: `parameters.density`. */
export type Sweep = Record<string, (number | string)[]>;

/** A way to merge the models of a recipe, by what it has in place of the recipe's own. */
export interface Variation {
  name: string;
  merge_method?: string;
  /** Key by key, as `localize`. */
  parameters?: Settings;
  localize?: Partial<LocalizeSettings>;
  scope?: Scope;
  /** Which of the models to merge. */
  models?: string[];
  /** What a paper reports, as it prints it: by the names of models, or `mean`. */
  paper?: Partial<Record<string, number>>;
}

/** A task that no model was tuned for: what merging leaves of what the base could do. */
export interface GeneralTask {
  name: string;
  data: TaskData;
}

/** What may be reported of recipes measured side by side. */
export const tableNames = [
  'scores',
  'grafts',
  'general',
  'overlap',
  'layers',
  'components',
  'owners',
  'seconds',
] as const;
export type TableName = (typeof tableNames)[number];

/** A model of a recipe, with all it has of its own. */
export interface RecipeModel {
  model: string;
  parameters?: Settings;
  data?: TaskData;
  /** Id of a mask localized before, to be used as it is. */
  mask?: string;
}

/** What to merge and how: the page's whole setting. */
export interface Recipe {
  merge_method: string;
  /** The result is that of mergekit's method of this name. */
  compat?: 'mergekit';
  /** Name of a checkpoint in the library, or its content id; under `compat` it may be one of the models. */
  base_model: string;
  models: RecipeModel[];
  parameters?: Settings;
  /** Of methods that localize, for the models with data. */
  localize?: LocalizeSettings;
  /** Metrics of the base, each model, each graft and the merged model on every task with test data. */
  evaluate?: MetricName[];
  /** Absent: the method's default. */
  scope?: Scope;
  /** Absent: scope. */
  density_of?: DensityOf;
  /** Absent: base, the rows of the base. */
  rows?: Rows;
  dtype: 'float32';
  out_dtype: OutDtype;
  /** Under `compat`: kept as written, without a part in the weights. */
  tokenizer_source?: string;
  chat_template?: string;
  /** Scored in the base and the merged model, where the recipe evaluates. */
  general?: GeneralTask[];
  /** Each makes it many recipes: see ./sweep. */
  compare?: Variation[];
  sweep?: Sweep;
  /** Of many recipes; absent: scores. */
  tables?: TableName[];
}

/** A task of a recipe by its number: of its models, then the general ones. */
export function taskOf(
  { models, general = [] }: Recipe,
  task: number,
): { name: string; data?: TaskData } | undefined {
  const own = models[task];
  return own
    ? { name: own.model, ...(own.data && { data: own.data }) }
    : general[task - models.length];
}

/** The data of a recipe's tasks, in their order. */
export function taskDataOf({ models, general = [] }: Recipe): TaskData[] {
  return [...models, ...general].flatMap(({ data }) => data ?? []);
}

/** Whether it stands for many recipes. */
export const isMany = ({ compare, sweep }: Recipe) => Boolean(compare ?? sweep);
