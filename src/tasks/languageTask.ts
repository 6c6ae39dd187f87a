import { perplexity } from '../analysis/metrics.ts';
import { readTextBlocks } from '../data/dataset.ts';
import type { Encoded } from '../data/prompt.ts';
import { shuffled } from '../data/random.ts';
import type { Tokenizer } from '../data/tokenizer.ts';
import { tokenExamples } from '../data/tokenExamples.ts';
import { incompatible } from '../errors.ts';
import type { Tower } from '../models/block.ts';
import { meanNll } from '../models/task.ts';
import type { Enough } from './labelledRows.ts';
import { plainTextOf } from './plainText.ts';
import { plural } from '../wording.ts';
import { ifAny, type PreparedTask, type PrepareTask } from './preparedTask.ts';
import type { TaskModel } from './taskModel.ts';
import { openText } from './textTask.ts';

/** Most tokens of a block of plain text. */
const blockTokens = 256;

/** Plain text for a language model, told by its perplexity; shots are blocks of text, each begun as the tokenizer begins texts. */
export const prepareNextTokenTask: PrepareTask = async (model, data, find, { shots, seed }) => {
  const { tower, tokenizer } = await openText(model);
  const length = Math.min(blockTokens, tower.limit);
  const { begins } = tokenizer;
  // The first token is not told, nor are those that begin every text.
  const untold = Math.max(1, begins.length);
  if (length <= untold)
    throw incompatible(
      `The tokenizer of ${model.base.name} begins a text with ${begins.length} tokens, and the model reads ${length}. Take the tokenizer files from the folder that the weights came from.`,
    );
  const read = async (name: string | undefined, enough: Enough) => {
    if (name === undefined) return [];
    const blob = await plainTextOf(name, data, find, enough);
    const blocks = await readTextBlocks(blob, tokenizer, length - begins.length, name);
    return blocks.map((ids) => plain([...begins, ...ids], untold));
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
    measure({ values, width }) {
      const told = (at: number) => at % width >= untold - 1;
      const nll = values.reduce((sum, value, at) => (told(at) ? sum + value : sum), 0);
      return perplexity(nll, test.length * (length - untold));
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

/** What the tasks of a language model have in common; throws Incompatible where the model is none. */
export function languageBase(
  { base, tuned }: TaskModel,
  tower: Tower,
): Pick<PreparedTask, 'name' | 'tower' | 'head' | 'loss' | 'entropy' | 'greedy' | 'labels'> {
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
    ...(tower.heads.tokenEntropy && { entropy: tower.heads.tokenEntropy() }),
    ...(tower.heads.greedyToken && { greedy: tower.heads.greedyToken() }),
    loss: (tf, nll, batch) => {
      if (!batch.types) return meanNll(tf, nll, batch);
      const [size = 0, length = 1] = batch.types.shape;
      const told = tf.cast(tf.slice(batch.types, [0, 1], [size, length - 1]), 'float32');
      return tf.div(tf.sum(tf.mul(nll, told)), tf.sum(told));
    },
  };
}

/** A block of text, of which every token but the first so many is told. */
function plain(ids: number[], untold: number): Encoded {
  return { ids, types: ids.map((_, i) => (i < untold ? 0 : 1)), at: 0, truncated: false };
}

/** So many items in the order of shuffled(n, seed), or all of them. */
export function drawn<T>(items: readonly T[], shots: number | 'all', seed: number): T[] {
  if (shots === 'all' || items.length <= shots) return [...items];
  return [...shuffled(items.length, seed)].slice(0, shots).map((at) => items[at]!);
}

export const examplesOf = (encoded: readonly Encoded[], { special }: Tokenizer) =>
  ifAny(tokenExamples(encoded, [], special.pad));

/** What was cut of inputs, and of their answers. */
export function cutRemarks(
  encoded: readonly (Encoded & { lost?: number })[],
  limit: number,
): string[] {
  const cut = encoded.filter(({ truncated }) => truncated).length;
  const lost = encoded.filter((each) => (each.lost ?? 0) > 0).length;
  const longer = `longer than ${limit} tokens`;
  return [
    ...(cut > 0
      ? [`${plural(cut, 'text')} ${cut === 1 ? 'is' : 'are'} ${longer}: cut at the beginning.`]
      : []),
    ...(lost > 0
      ? [`${plural(lost, 'answer')} ${lost === 1 ? 'is' : 'are'} ${longer}: cut at the end.`]
      : []),
  ];
}
