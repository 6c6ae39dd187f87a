import { logLikelihood, trueMass } from '../analysis/metrics.ts';
import { checkTemplate, fillIn, truthfulQa } from '../data/answerTemplate.ts';
import { paddedLength } from '../data/batches.ts';
import { choicesOf, guessChoices, type ChoiceRow } from '../data/choices.ts';
import { continued, spaced } from '../data/continuation.ts';
import { guessColumns } from '../data/dataset.ts';
import { formOf, textsIn } from '../data/publishedForms.ts';
import { placeOf, type Table } from '../data/table.ts';
import type { Encoded } from '../data/prompt.ts';
import { shuffled } from '../data/random.ts';
import { badFile } from '../errors.ts';
import type { Outputs } from '../models/evaluate.ts';
import type { TaskData } from '../recipe/recipe.ts';
import type { FindData } from '../storage/dataSets.ts';
import { openTable, rowCount, skippedRemarks, type Enough } from './labelledRows.ts';
import { cutRemarks, drawn, examplesOf, languageBase } from './languageTask.ts';
import type { PrepareTask } from './preparedTask.ts';
import { openText } from './textTask.ts';

/** Questions whose choices are told by their likelihood as continuations; trained on the right ones. */
export const prepareChoicesTask: PrepareTask = async (model, data, find, { shots, seed }) => {
  const { tower, tokenizer } = await openText(model);
  const trainTable = await readChoices(data.train, data, find, { shots, seed });
  const testTable = await readChoices(data.test, data, find);
  const [all, test] = [trainTable.rows, testTable.rows];
  const ask = await questionsOf(data, find);
  const encode = (row: ChoiceRow, choice: number) => {
    const text = ask.prompt(row);
    return continued(tokenizer, text, ask.behind(text, row, choice), tower.limit);
  };
  const train = drawn(all, shots, seed).flatMap((row) => row.answers.map((a) => encode(row, a)));
  const tested = test.map((row) => row.choices.map((_, choice) => encode(row, choice)));
  const flat = tested.flat();
  const [first] = all.length > 0 ? all : test;
  return {
    ...languageBase(model, tower),
    tokens: paddedLength([...train, ...flat]),
    train: examplesOf(train, tokenizer),
    test: examplesOf(flat, tokenizer),
    examples: test.length,
    metrics: ['mc2', 'accuracy'],
    measure(outputs, metric) {
      const scores = likelihoods(outputs, tested).map((each, i) => {
        const row = test[i]!;
        if (metric === 'mc2') return trueMass(each, row.answers);
        const tokens = tested[i]!.map(({ ids, at }) => ids.length - at);
        const lengths = lengthsOf(ask.told(row), tokens, data.normalize);
        const normalized = each.map((value, choice) => value / lengths[choice]!);
        return row.answers.includes(normalized.indexOf(Math.max(...normalized))) ? 1 : 0;
      });
      return scores.reduce((sum, score) => sum + score, 0) / Math.max(1, scores.length);
    },
    notes: [
      ...trainTable.notes,
      ...testTable.notes,
      ...cutRemarks([...train, ...flat], tower.limit),
    ],
    about: {
      reading: [
        `questions with choices, told by their ${data.scoring === 'letter' ? 'letters' : 'likelihood'}`,
        data.demonstrations ? `behind ${data.demonstrations.count} solved ones` : '',
      ]
        .filter(Boolean)
        .join(', '),
      counts: [],
      example: first ? exampleOf(ask, first) : '',
      trainExamples: trainTable.total,
    },
  };
};

/** How questions are asked: the text before an answer, and what stands for each choice. */
interface Questions {
  prompt(row: ChoiceRow): string;
  told(row: ChoiceRow): readonly string[];
  /** A choice as it follows a text. */
  behind(text: string, row: ChoiceRow, choice: number | undefined): string;
}

async function questionsOf(data: TaskData, find: FindData): Promise<Questions> {
  const letters = data.scoring === 'letter';
  const template = templateOf(data.template, letters);
  const told = ({ choices }: ChoiceRow) =>
    letters ? choices.map((_, at) => letterOf(at)) : choices;
  const ask = (row: ChoiceRow) =>
    fillIn(template, {
      text: row.text,
      choices: row.choices.map((each, at) => `${letterOf(at)}. ${each}`).join('\n'),
    });
  // The harness always puts a space; templates of one's own may end in one.
  const join = formOf(data.template) ? (_: string, choice: string) => ` ${choice}` : spaced;
  const behind = (text: string, row: ChoiceRow, choice = 0) => join(text, told(row)[choice] ?? '');
  const { demonstrations } = data;
  if (!demonstrations) return { prompt: ask, told, behind };
  const { from, count, seed = 0 } = demonstrations;
  // One more than are shown, for one may be the question itself.
  const { rows } = await readChoices(from, data, find, { shots: count + 1, seed });
  const order = [...shuffled(rows.length, seed)].map((at) => rows[at]!);
  const keyOf = ({ text, choices }: ChoiceRow) => JSON.stringify([text, choices]);
  const solved = order.map((row) => {
    const text = ask(row);
    return { key: keyOf(row), text: text + behind(text, row, row.answers[0]) };
  });
  const shown = (row: ChoiceRow) => {
    const key = keyOf(row);
    const others = solved.slice(0, count + 1).filter((each) => each.key !== key);
    if (others.length >= count) return others.slice(0, count);
    throw badFile(
      `“${from}” has ${others.length} questions beside the one that is asked, fewer than the ${count} demonstrations. Ask for fewer, or choose other data for them.`,
    );
  };
  return {
    told,
    behind,
    prompt: (row) => [...shown(row).map(({ text }) => text), ask(row)].join('\n\n'),
  };
}

const letterOf = (at: number) => String.fromCharCode(65 + at);

/** A choice template with its names resolved; throws BadFile. */
function templateOf(template: string | undefined, letters: boolean): string {
  if (template === 'truthfulqa') return truthfulQa;
  if (template === undefined || template === 'plain' || formOf(template))
    return letters ? '{text}\n{choices}\nAnswer:' : '{text}';
  checkTemplate(template, ['text', 'choices']);
  return template;
}

/** What log-likelihoods are divided by, as lm-evaluation-harness has it: of the choice alone, without the space before it. */
function lengthsOf(
  choices: readonly string[],
  tokens: readonly number[],
  by: TaskData['normalize'],
): readonly number[] {
  if (by === 'tokens') return tokens;
  if (by === 'bytes') return choices.map((each) => new TextEncoder().encode(each).length);
  return choices.map((each) => (by === 'characters' ? [...each].length : 1));
}

function exampleOf({ prompt, behind }: Questions, row: ChoiceRow): string {
  const text = prompt(row);
  return `${text}→${behind(text, row, row.answers[0])}`;
}

/** Log-likelihood of every choice of every question, from outputs in that order. */
function likelihoods({ values, width }: Outputs, tested: readonly (readonly Encoded[])[]) {
  let row = 0;
  return tested.map((choices) =>
    choices.map(({ at, ids }) => {
      const losses = values.subarray(row * width, (row + 1) * width);
      row++;
      return logLikelihood(losses, at, ids.length);
    }),
  );
}

async function readChoices(
  name: string | undefined,
  data: TaskData,
  find: FindData,
  enough?: Enough,
): Promise<{ rows: ChoiceRow[]; total: number; notes: string[] }> {
  const guessOf = ({ columns }: Table) => guessChoices(columns) ?? guessColumns(columns);
  const { text, choices, answer } = data.columns ?? {};
  const toldOf = (table: Table) => answer ?? guessOf(table).answer;
  const opened = await openTable(name, find, enough && { ...enough, toldOf });
  if (!opened) return { rows: [], total: 0, notes: [] };
  const guess = guessOf(opened.table);
  const told = toldOf(opened.table);
  const form = formOf(data.template);
  const texts = form && textsIn(opened.table, form);
  const read = choicesOf(
    opened.table,
    {
      text: text ?? form?.columns[0] ?? guess.text,
      choices: choices ?? guess.choices ?? [],
      ...(told !== undefined && { answer: told }),
    },
    opened.told,
  );
  const rows = read.map((row, at) => ({
    ...row,
    text: texts?.[at] ?? row.text,
    choices: form ? row.choices.map(form.choice) : row.choices,
  }));
  const most = rows.findIndex((row) => row.choices.length > mostChoices);
  if (most >= 0)
    throw badFile(
      `${placeOf(opened.table, most)} has ${rows[most]!.choices.length} choices, more than the ${mostChoices} that have letters. Leave some out.`,
    );
  return { rows, total: rowCount(opened), notes: skippedRemarks(opened) };
}

const mostChoices = 26;
