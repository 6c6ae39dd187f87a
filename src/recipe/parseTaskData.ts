import type { TaskData } from './recipe.ts';
import type { Field, Fields, Readers } from './yamlReader.ts';

/** The columns of a table that data may name. */
export const columnKeys = ['text', 'text_b', 'label', 'image'] as const;

const path = (at: Field) => at.text('the path of data');
const texts = (of: string) => (at: Field) => at.distinct(of, (item) => item.text(`a ${of}`));

const readers: Readers<TaskData> = {
  train: path,
  test: path,
  columns: (at) => at.map(columnKeys).each(columnKeys, (name) => name.text('the name of a column')),
  template: (at) => at.text('a template such as "{text} It was{mask} ."'),
  label_words: texts('label word'),
  labels: texts('class name'),
  prompts: texts('prompt such as "a photo of a {label}."'),
  head: path,
  kind: (at) => at.oneOf(['labels', 'next_token', 'choices']),
  on_corrupt: (at) => at.oneOf(['skip', 'refuse']),
};

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
  if (kind === 'labels') return;
  for (const key of ['template', 'label_words', 'labels', 'prompts', 'head', 'on_corrupt'])
    report(key, `is for classes, and kind is ${kind}. Leave one of them out.`);
}

function checkTemplate(template: string, report: (message: string) => void): void {
  const count = (field: string) => template.split(field).length - 1;
  if (count('{mask}') !== 1) report(`must have one {mask}, not ${count('{mask}')}.`);
  if (count('{text}') === 0) report('must have {text}, where the text of an example is put.');
}
