import { templateNames, type Demonstrations, type TaskData } from './recipe.ts';
import type { Field, Fields, Readers } from './yamlReader.ts';

/** The columns of a table that data may name. */
export const columnKeys = ['text', 'text_b', 'label', 'choices', 'answer', 'image'] as const;

const column = (at: Field) => at.text('the name of a column');
const columns: Readers<NonNullable<TaskData['columns']>> = {
  text: column,
  text_b: column,
  label: column,
  choices: (at) =>
    at.isList ? at.distinct('column', column) : [column(at)].filter((name) => name !== undefined),
  answer: column,
  image: column,
};

/** In the order in which they are written. */
export const demonstrationKeys = ['from', 'count', 'seed'] as const;

const path = (at: Field) => at.text('the path of data');
const texts = (of: string) => (at: Field) => at.distinct(of, (item) => item.text(`a ${of}`));

const readers: Readers<TaskData> = {
  train: path,
  test: path,
  columns: (at) => at.map(columnKeys).object(columns),
  template: (at) => at.text('a template such as "{text} It was{mask} ."'),
  label_words: texts('label word'),
  labels: texts('class name'),
  prompts: texts('prompt such as "a photo of a {label}."'),
  head: path,
  kind: (at) => at.oneOf(['labels', 'next_token', 'choices', 'answers']),
  scoring: (at) => at.oneOf(['text', 'letter']),
  normalize: (at) => at.oneOf(['none', 'characters', 'tokens', 'bytes']),
  demonstrations: parseDemonstrations,
  on_corrupt: (at) => at.oneOf(['skip', 'refuse']),
};

function parseDemonstrations(at: Field): Demonstrations | undefined {
  const fields = at.map(demonstrationKeys);
  const from = fields.required('from', 'the name of data with solved questions');
  const count = fields.required('count', 'how many questions to show');
  const seed = fields.at.get('seed')?.integer(0, 2 ** 32 - 1);
  const [name, number] = [from && path(from), count?.integer(1, 64)];
  if (name === undefined || number === undefined) return undefined;
  return { from: name, count: number, ...(seed !== undefined && { seed }) };
}

/** The fields of data, in the order in which they are written. */
export const dataKeys = Object.keys(readers) as (keyof TaskData)[];

/** The data of one model; what does not go together is reported at the field that is too much. */
export function parseTaskData(field: Field): TaskData {
  const fields = field.map(dataKeys);
  const data = fields.object(readers);
  if (field.isMap) checkTaskData(fields, data);
  return data;
}

function checkTaskData(fields: Fields, data: TaskData): void {
  const report = (key: string, message: string) => fields.at.get(key)?.report(message);
  const { template, label_words: words, labels, prompts, kind = 'labels' } = data;
  if (!fields.at.has('train') && !fields.at.has('test'))
    fields.of.report('give train, test or both.');
  if (kind !== 'labels') {
    checkKind(data, report);
    return;
  }
  for (const key of ofChoices)
    report(key, 'is for questions with choices. Leave it out, or give kind: choices.');
  if (template !== undefined && !fields.at.has('label_words'))
    report('template', 'needs label_words, one for each class, to stand where {mask} is.');
  if (words && !fields.at.has('template'))
    report('label_words', 'need a template with {mask}, such as "{text} It was{mask} .".');
  if (template !== undefined) checkTemplate(template, (message) => report('template', message));
  if (words?.length === 1) report('label_words', 'must be at least two, one for each class.');
  if (words && labels && words.length > 0 && labels.length > 0 && words.length !== labels.length)
    report(
      'label_words',
      `are ${words.length}, where labels names ${labels.length} classes. Give one word for each.`,
    );
  if (prompts && template !== undefined)
    report('prompts', 'are for images, a template is for text. Leave one of them out.');
  if (prompts?.some((prompt) => prompt.split('{label}').length !== 2))
    report('prompts', 'must each have one {label}, where the name of a class is put.');
  if (template !== undefined)
    for (const key of ['head', 'on_corrupt'])
      report(key, 'is for images, a template is for text. Leave one of them out.');
  if (prompts) report('head', 'stands in place of prompts. Leave one of them out.');
}

const ofClasses = ['label_words', 'labels', 'prompts', 'head', 'on_corrupt'] as const;

const ofChoices = ['scoring', 'normalize', 'demonstrations'] as const;

const elsewhere = (of: string, kind: string) =>
  `is for ${of}, and kind is ${kind}. Leave one of them out.`;

/** The data of language models. */
function checkKind(
  { kind = 'labels', template, scoring }: TaskData,
  report: (key: string, message: string) => void,
): void {
  for (const key of ofClasses) report(key, elsewhere('classes', kind));
  if (kind !== 'choices')
    for (const key of ofChoices) report(key, elsewhere('questions with choices', kind));
  if (kind === 'next_token') report('template', elsewhere('prompts', kind));
  if (kind === 'next_token') return;
  const named = templateNames[kind === 'answers' ? kind : 'choices'];
  if (template === undefined || template === 'plain') return;
  if (named.includes(template)) {
    if (scoring === 'letter')
      report(
        'scoring',
        `cannot be letter with ${template}, which shows no letters. Leave one out.`,
      );
    return;
  }
  if (!template.includes('{text}'))
    report('template', `must be one of ${named.join(', ')}, or have {text}.`);
  if (template.includes('{mask}'))
    report(
      'template',
      'has {mask}, and no place for the answer. Let it end where the answer begins.',
    );
  if (scoring === 'letter' && !template.includes('{choices}'))
    report('template', 'needs {choices}, where the choices are put behind their letters.');
}

function checkTemplate(template: string, report: (message: string) => void): void {
  const count = (field: string) => template.split(field).length - 1;
  if (count('{mask}') !== 1) report(`must have one {mask}, not ${count('{mask}')}.`);
  if (count('{text}') === 0) report('must have {text}, where the text of an example is put.');
}
