import type { TaskData } from './recipe.ts';
import type { Field, Fields, YamlReader } from './yamlReader.ts';

const keys = [
  'train',
  'test',
  'columns',
  'template',
  'label_words',
  'labels',
  'prompts',
  'head',
  'kind',
  'on_corrupt',
] as const;
const columnKeys = ['text', 'text_b', 'label'] as const;
const onCorrupt = ['skip', 'refuse'] as const;
const kinds = ['labels', 'next_token', 'choices'] as const;

/** The data of one model; what does not go together is reported at the field that is too much. */
export function parseTaskData(yaml: YamlReader, field: Field): TaskData {
  const fields = yaml.map(field, keys);
  const at = (key: (typeof keys)[number]) => fields?.at.get(key);
  const data: TaskData = {};
  for (const key of ['train', 'test', 'head'] as const) {
    const path = at(key);
    const text = path && yaml.text(path, 'the path of data');
    if (text !== undefined) data[key] = text;
  }
  const columns = at('columns');
  if (columns) data.columns = parseColumns(yaml, columns);
  const template = at('template');
  const text = template && yaml.text(template, 'a template such as "{text} It was{mask} ."');
  if (text !== undefined) data.template = text;
  for (const key of ['label_words', 'labels', 'prompts'] as const) {
    const list = at(key);
    if (list) data[key] = parseTexts(yaml, list, names[key]);
  }
  const kind = at('kind');
  const word = kind && yaml.oneOf(kind, kinds);
  if (word) data.kind = word;
  const corrupt = at('on_corrupt');
  const choice = corrupt && yaml.oneOf(corrupt, onCorrupt);
  if (choice) data.on_corrupt = choice;
  if (fields) checkTaskData(yaml, fields, data);
  return data;
}

const names = {
  label_words: 'label word',
  labels: 'class name',
  prompts: 'prompt such as "a photo of a {label}."',
};

function parseColumns(yaml: YamlReader, field: Field): NonNullable<TaskData['columns']> {
  const fields = yaml.map(field, columnKeys);
  const columns: NonNullable<TaskData['columns']> = {};
  for (const key of columnKeys) {
    const given = fields?.at.get(key);
    const name = given && yaml.text(given, 'the name of a column');
    if (name !== undefined) columns[key] = name;
  }
  return columns;
}

function parseTexts(yaml: YamlReader, field: Field, of: string): string[] {
  const seen = new Set<string>();
  return yaml.list(field, of).flatMap((item) => {
    const text = yaml.text(item, `a ${of}`);
    if (text === undefined) return [];
    if (seen.has(text)) yaml.report(item.line, item.path, `"${text}" is listed already.`);
    seen.add(text);
    return [text];
  });
}

function checkTaskData(yaml: YamlReader, fields: Fields, data: TaskData): void {
  const report = (key: string, message: string) => {
    const field = fields.at.get(key);
    if (field) yaml.report(field.line, field.path, message);
  };
  const { template, label_words: words, labels, prompts, kind = 'labels' } = data;
  if (!fields.at.has('train') && !fields.at.has('test'))
    yaml.report(fields.line, fields.path, 'give train, test or both.');
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
    report('head', 'is for images, a template is for text. Leave one of them out.');
  if (prompts) report('head', 'stands in place of prompts. Leave one of them out.');
  if (template !== undefined)
    report('on_corrupt', 'is for images, a template is for text. Leave one of them out.');
  if (kind === 'labels') return;
  for (const key of ['template', 'label_words', 'labels', 'prompts', 'head', 'on_corrupt'])
    report(key, `is for classes, and kind is ${kind}. Leave one of them out.`);
}

function checkTemplate(template: string, report: (message: string) => void): void {
  const count = (field: string) => template.split(field).length - 1;
  if (count('{mask}') !== 1) report(`must have one {mask}, not ${count('{mask}')}.`);
  if (count('{text}') === 0) report('must have {text}, where the text of an example is put.');
}
