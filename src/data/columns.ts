import { badFile } from '../errors.ts';
import type { Table } from './table.ts';

/** Which column holds what. */
export interface ColumnMap {
  text: string;
  text_b?: string;
  label?: string;
  choices?: string[];
  answer?: string;
}

/** Names of first and second texts that belong together, as GLUE and its like have them. */
const pairs: readonly [string, string][] = [
  ['sentence1', 'sentence2'],
  ['question1', 'question2'],
  ['premise', 'hypothesis'],
  ['question', 'sentence'],
  ['#1 string', '#2 string'],
  ['text', 'text_b'],
  ['text_a', 'text_b'],
  ['text1', 'text2'],
];
const texts = ['text', 'sentence', 'question', 'prompt', 'review', 'content', 'input', 'title'];
const labelNames = [
  'label',
  'gold_label',
  'label_text',
  'labels',
  'class',
  'class index',
  'target',
  'coarse_label',
  'quality',
  'is_duplicate',
  'category',
  'y',
];
const choiceNames = ['choices', 'mc2_targets', 'options', 'endings'];
const answerNames = ['answers', 'answer', 'label', 'labels', 'gold'];

/** Whether a column numbers rows, by its name, as in GLUE. */
export const isRowNumber = (column: string) => /^(?:index|idx)$/i.test(column);

/** The columns of GLUE and its like by their names, else the first column as text and a last one as label. */
export function guessColumns(columns: readonly string[]): ColumnMap {
  const find = (name: string) => columns.find((column) => column.toLowerCase() === name);
  const first = (names: readonly string[]) => names.map(find).find((name) => name !== undefined);
  const choices = first(choiceNames);
  const pair = pairs.find(([a, b]) => find(a) !== undefined && find(b) !== undefined);
  const label = first(labelNames);
  const others = columns.filter((column) => column !== label && column !== choices);
  const text = find(pair && !choices ? pair[0] : '') ?? first(texts) ?? others[0] ?? 'text';
  if (choices !== undefined) {
    const answer = first(answerNames);
    return { text, choices: [choices], ...(answer === undefined ? {} : { answer }) };
  }
  const second = pair && find(pair[1]);
  const last =
    columns.length === 2
      ? columns.find((column) => column !== text && !isRowNumber(column))
      : undefined;
  const labelled = label ?? (second === undefined ? last : undefined);
  return {
    text,
    ...(second === undefined ? {} : { text_b: second }),
    ...(labelled === undefined ? {} : { label: labelled }),
  };
}

/** Throws BadFile for a column that the table lacks, or that holds no text. */
export function needColumns(table: Table, wanted: readonly string[]): void {
  for (const column of wanted) {
    const held = table.notText?.get(column);
    if (held === undefined) continue;
    throw badFile(
      `The column ${JSON.stringify(column)} holds ${held}, which are no text. Choose another.`,
    );
  }
  const missing = wanted.find((column) => !table.columns.includes(column));
  if (missing === undefined) return;
  const names = table.columns.map((column) => JSON.stringify(column)).join(', ');
  const message = `The data has no column ${JSON.stringify(missing)}; it has ${names || 'none'}. Choose one of these.`;
  throw badFile(message);
}
