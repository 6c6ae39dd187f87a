import { exact, perplexity } from '../analysis/metrics.ts';
import { answersOf, guessAnswers, hasAnswer, type AnswerRow } from '../data/answers.ts';
import { answerTemplate } from '../data/answerTemplate.ts';
import { paddedLength } from '../data/batches.ts';
import { encodeChat, openChatTemplate } from '../data/chatTemplate.ts';
import type { ColumnMap } from '../data/columns.ts';
import { answered, type Continued } from '../data/continuation.ts';
import type { Tokenizer } from '../data/tokenizer.ts';
import { badFile, incompatible } from '../errors.ts';
import type { TaskData } from '../recipe/recipe.ts';
import type { FindData } from '../storage/dataSets.ts';
import { plural } from '../wording.ts';
import { openTable, rowCount, skippedRemarks, type Enough } from './labelledRows.ts';
import { cutRemarks, drawn, examplesOf, languageBase } from './languageTask.ts';
import type { PrepareTask } from './preparedTask.ts';
import type { TaskModel } from './taskModel.ts';
import { openText } from './textTask.ts';
import { wholeRows } from './wholeRows.ts';

/** Prompts whose answers alone are told, token by token; shots are prompts. */
export const prepareAnswersTask: PrepareTask = async (model, data, find, { shots, seed }) => {
  const { tower, tokenizer } = await openText(model);
  const trainTable = await readAnswers(data.train, data, find, { shots, seed });
  const testTable = await readAnswers(data.test, data, find);
  const [all, test] = [trainTable.rows, testTable.rows];
  const template =
    data.template ?? ([...all, ...test].some(({ turns }) => turns) ? 'chat' : 'plain');
  const encode = await encoderOf(template, model, tokenizer, tower.limit);
  const train = drawn(all, shots, seed).flatMap(encode);
  const tested = test.flatMap(encode);
  const [row] = all.length > 0 ? all : test;
  const [first] = row ? encode(row) : [];
  const both = [...train, ...tested];
  const untold = both.reduce((sum, each) => sum + each.untold, 0);
  return {
    ...languageBase(model, tower),
    tokens: paddedLength(both),
    train: examplesOf(train, tokenizer),
    test: examplesOf(tested, tokenizer),
    examples: tested.length,
    metrics: ['perplexity', 'exact'],
    measure({ values, width }, metric) {
      const rows = tested.map(({ types }, row) =>
        types.flatMap((type, at) => (type ? [values[row * width + at - 1] ?? 0] : [])),
      );
      if (metric === 'exact') return exact(rows);
      const told = rows.flat();
      return perplexity(
        told.reduce((sum, value) => sum + value, 0),
        told.length,
      );
    },
    notes: [
      ...trainTable.notes,
      ...testTable.notes,
      ...unusedRemark(template, trainTable.columns ?? testTable.columns),
      ...cutRemarks(both, tower.limit),
      ...(untold > 0
        ? [
            `The chat template changes ${plural(untold, 'earlier answer')}: only the last of a chat is told there.`,
          ]
        : []),
    ],
    about: {
      reading: `prompts and their answers · ${describeTemplate(template)}`,
      counts: [],
      example: first
        ? `${tokenizer.decode(first.ids.slice(0, first.at))}→${tokenizer.decode(first.ids.slice(first.at))}`
        : '',
      trainExamples: trainTable.total,
    },
  };
};

type Encoded = Continued & { untold: number };

/** How rows become inputs, one for each answer; throws as `openChatTemplate` and `answerTemplate` do. */
async function encoderOf(
  template: string,
  model: TaskModel,
  tokenizer: Tokenizer,
  limit: number,
): Promise<(row: AnswerRow) => Encoded[]> {
  if (template !== 'chat') {
    const written = answerTemplate(template, tokenizer.special.eos);
    return (row) => {
      if (row.turns)
        throw badFile(
          `${row.place} is a chat, which the template ${JSON.stringify(template)} cannot write. Give the template chat, or choose columns with prompts and answers.`,
        );
      return row.answers.map((answer) => ({
        ...answered(tokenizer, written(row, answer), limit),
        untold: 0,
      }));
    };
  }
  const render = await openChatTemplate((name) => model.file(name), tokenizer, model.tuned.name);
  return (row) => {
    const chats = row.turns
      ? [row.turns]
      : row.answers.map((answer) => [
          { role: 'user', content: [row.text, row.text_b].filter(Boolean).join('\n\n') },
          { role: 'assistant', content: answer },
        ]);
    return chats.map((turns) => encodeChat(tokenizer, render, turns, limit, row.place));
  };
}

const describeTemplate = (template: string) =>
  ({ plain: 'plain', alpaca: 'Alpaca’s prompt', chat: 'the chat template' })[template] ??
  `prompt “${template}”`;

/** A second text that the template has no place for. */
function unusedRemark(template: string, columns: ColumnMap | null): string[] {
  const unused =
    columns?.text_b !== undefined &&
    !['plain', 'alpaca', 'chat'].includes(template) &&
    !template.includes('{text_b}');
  return unused
    ? [`The template has no {text_b}: the column “${columns.text_b}” is not read.`]
    : [];
}

async function readAnswers(
  name: string | undefined,
  data: TaskData,
  find: FindData,
  enough?: Enough,
): Promise<{ rows: AnswerRow[]; total: number; columns: ColumnMap | null; notes: string[] }> {
  const opened = await openTable(name, find, enough);
  if (!opened) return { rows: [], total: 0, columns: null, notes: [] };
  const columns = columnsOf(opened.table.columns, data);
  const { text, answer } = columns;
  const { table, notes } = wholeRows(opened.name, opened.table, [text], {
    ...{ column: answer ?? text, what: 'answer' },
    isTold: (cell) => hasAnswer(cell, answer === undefined),
  });
  const rows = answersOf(table, columns);
  const left = opened.table.rows.length - table.rows.length;
  return {
    ...{ rows, columns, notes: [...skippedRemarks(opened), ...notes] },
    total: rowCount(opened) - left,
  };
}

/** The columns chosen; others are guessed, but not those that belong to a prompt which was not chosen. */
function columnsOf(columns: readonly string[], { columns: given = {} }: TaskData): ColumnMap {
  const guess = guessAnswers(columns);
  const text = given.text ?? guess?.text;
  const same = guess !== null && text === guess.text;
  const second = given.text_b ?? (same ? guess.text_b : undefined);
  const answer = given.answer ?? (same ? guess.answer : undefined);
  if (text === undefined)
    throw incompatible(
      `No column is known as a prompt among ${columns.map((column) => JSON.stringify(column)).join(', ')}. Choose those with prompts (text) and answers (answer).`,
    );
  return {
    text,
    ...(second !== undefined && { text_b: second }),
    ...(answer !== undefined && { answer }),
  };
}
