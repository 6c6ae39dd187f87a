import { logLikelihood, perplexity, trueMass } from '../analysis/metrics.ts';
import { paddedLength } from '../data/batches.ts';
import { choicesOf, guessColumns, readTextBlocks, type ChoiceRow } from '../data/dataset.ts';
import type { Encoded } from '../data/prompt.ts';
import { shuffled } from '../data/random.ts';
import type { Tokenizer } from '../data/tokenizer.ts';
import { tokenExamples } from '../data/tokenExamples.ts';
import { incompatible } from '../errors.ts';
import type { Tower } from '../models/block.ts';
import type { Outputs } from '../models/evaluate.ts';
import { meanNll } from '../models/task.ts';
import type { TaskData } from '../recipe/recipe.ts';
import type { FindData } from '../storage/dataSets.ts';
import { openTable, type Enough } from './labelledRows.ts';
import { plainTextOf } from './plainText.ts';
import { ifAny, type PreparedTask, type PrepareTask } from './preparedTask.ts';
import type { TaskModel } from './taskModel.ts';
import { openText } from './textTask.ts';

/** Most tokens of a block of plain text. */
const blockTokens = 256;

/** Plain text for a language model, told by its perplexity; shots are blocks of text. */
export const prepareNextTokenTask: PrepareTask = async (model, data, find, { shots, seed }) => {
  const { tower, tokenizer } = await openText(model);
  const length = Math.min(blockTokens, tower.limit);
  const read = async (name: string | undefined, enough: Enough) => {
    if (name === undefined) return [];
    const blob = await plainTextOf(name, data, find, enough);
    return (await readTextBlocks(blob, tokenizer, length, name)).map(plain);
  };
  const all = await read(data.train, { shots, seed });
  const test = await read(data.test, { shots: 'all', seed });
  const train = drawn(all, shots, seed);
  return {
    ...languageBase(model, tower),
    tokens: length,
    train: examplesOf(train, tokenizer),
    test: examplesOf(test, tokenizer),
    examples: test.length,
    metrics: ['perplexity'],
    measure({ values }) {
      const nll = values.reduce((sum, value) => sum + value, 0);
      return perplexity(nll, test.length * (length - 1));
    },
    notes: [],
    about: {
      reading: `plain text in blocks of ${length} tokens`,
      counts: [],
      example: all[0] ? tokenizer.decode(all[0].ids) : '',
      trainExamples: all.length,
    },
  };
};

/** Questions whose choices are told by their likelihood as continuations; trained on the right ones. */
export const prepareChoicesTask: PrepareTask = async (model, data, find, { shots, seed }) => {
  const { tower, tokenizer } = await openText(model);
  const [all, test] = [
    await readChoices(data.train, data, find),
    await readChoices(data.test, data, find),
  ];
  const encode = (row: ChoiceRow, choice: number) =>
    continuation(tokenizer, row.text, row.choices[choice] ?? '', tower.limit);
  const train = drawn(all, shots, seed).flatMap((row) => row.answers.map((a) => encode(row, a)));
  const tested = test.map((row) => row.choices.map((_, choice) => encode(row, choice)));
  const flat = tested.flat();
  return {
    ...languageBase(model, tower),
    tokens: paddedLength([...train, ...flat]),
    train: examplesOf(train, tokenizer),
    test: examplesOf(flat, tokenizer),
    examples: test.length,
    metrics: ['mc2', 'accuracy'],
    measure(outputs, metric) {
      const scores = likelihoods(outputs, tested).map((each, i) => {
        const answers = test[i]?.answers ?? [];
        if (metric === 'mc2') return trueMass(each, answers);
        return answers.includes(each.indexOf(Math.max(...each))) ? 1 : 0;
      });
      return scores.reduce((sum, score) => sum + score, 0) / Math.max(1, scores.length);
    },
    notes: cutRemark([...train, ...flat], tower.limit),
    about: {
      reading: 'questions with choices, told by their likelihood',
      counts: [],
      example: all[0] ? `${all[0].text} → ${all[0].choices[all[0].answers[0] ?? 0] ?? ''}` : '',
      trainExamples: all.length,
    },
  };
};

function languageBase(
  { base, tuned }: TaskModel,
  tower: Tower,
): Pick<PreparedTask, 'name' | 'tower' | 'head' | 'loss' | 'labels'> {
  const head = tower.heads.languageModel?.();
  if (!head)
    throw incompatible(
      `${base.name} is no language model: it cannot tell the next token. Use labelled data, or a GPT-2 or Llama.`,
    );
  return {
    name: tuned.name,
    tower: tower.blocks,
    labels: [],
    head: () => Promise.resolve(head),
    loss: (tf, nll, batch) => {
      if (!batch.types) return meanNll(tf, nll, batch);
      const [size = 0, length = 1] = batch.types.shape;
      const told = tf.cast(tf.slice(batch.types, [0, 1], [size, length - 1]), 'float32');
      return tf.div(tf.sum(tf.mul(nll, told)), tf.sum(told));
    },
  };
}

/** A block of text, of which every token but the first is told. */
function plain(ids: number[]): Encoded {
  return { ids, types: ids.map((_, i) => (i > 0 ? 1 : 0)), at: 0, truncated: false };
}

/** A text and its continuation; types mark the tokens that are told, and `at` is the first of them. */
export function continuation(
  tokenizer: Tokenizer,
  text: string,
  choice: string,
  limit: number,
): Encoded {
  const tail = tokenizer.encode(/^\s/.test(choice) ? choice : ` ${choice}`).slice(0, limit - 1);
  const room = limit - tail.length;
  const whole = tokenizer.encode(text);
  const start = tokenizer.special.bos ?? tokenizer.special.eos ?? 0;
  const before = whole.length === 0 ? [start] : whole.slice(-room);
  const types = [...before.map(() => 0), ...tail.map(() => 1)];
  const truncated = before.length < whole.length;
  return { ids: [...before, ...tail], types, at: before.length, truncated };
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
): Promise<ChoiceRow[]> {
  const opened = await openTable(name, find);
  if (!opened) return [];
  const guess = guessColumns(opened.table.columns);
  return choicesOf(opened.table, {
    ...guess,
    ...(data.columns?.text && { text: data.columns.text }),
  });
}

/** So many items in the order of shuffled(n, seed), or all of them. */
function drawn<T>(items: readonly T[], shots: number | 'all', seed: number): T[] {
  if (shots === 'all' || items.length <= shots) return [...items];
  return [...shuffled(items.length, seed)].slice(0, shots).map((at) => items[at]!);
}

const examplesOf = (encoded: readonly Encoded[], { special }: Tokenizer) =>
  ifAny(tokenExamples(encoded, [], special.pad));

function cutRemark(encoded: readonly Encoded[], limit: number): string[] {
  const cut = encoded.filter(({ truncated }) => truncated).length;
  return cut > 0 ? [`${cut} texts are longer than ${limit} tokens; their beginnings are cut.`] : [];
}
