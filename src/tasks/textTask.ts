import { accuracy, argmaxRows, f1 } from '../analysis/metrics.ts';
import type { Row } from '../data/dataset.ts';
import { fewShot } from '../data/fewShot.ts';
import { paddedLength } from '../data/batches.ts';
import { encodePrompt, labelWordIds, parseTemplate, type Encoded } from '../data/prompt.ts';
import { checkVocabulary, type Tokenizer } from '../data/tokenizer.ts';
import { tokenExamples } from '../data/tokenExamples.ts';
import { incompatible } from '../errors.ts';
import type { Block, Tower } from '../models/block.ts';
import { crossEntropy } from '../models/task.ts';
import type { MetricName } from '../recipe/recipe.ts';
import { fewOf } from '../wording.ts';
import { readLabelledRows, type KnownClasses, type LabelledRows } from './labelledRows.ts';
import { ifAny, type PreparedTask, type PrepareTask } from './preparedTask.ts';
import type { TaskModel } from './taskModel.ts';

/** Texts told apart by label words at a mask token, or by the task's own classification head. */
export const prepareTextTask: PrepareTask = async (model, data, find, draw) => {
  const { tower, tokenizer } = await openText(model);
  const template = data.template === undefined ? null : parseTemplate(data.template);
  const rows = await readLabelledRows(
    data,
    find,
    template ? { names: null, count: null } : classesOf(model.config),
    draw,
  );
  const { labels, counts } = rows;
  const head = template
    ? promptHead(model, tower, tokenizer, data.label_words ?? [])
    : ownHead(model, tower, labels);
  const pairs = pairsOf(model.base.architecture);
  const encode = (row: Row) => encodePrompt(tokenizer, template, row, tower.limit, pairs);
  const chosen = rows.train.length > 0 ? fewShot(rows.train, labels, draw.shots, draw.seed) : [];
  const examplesOf = (encoded: readonly Encoded[], of: readonly Row[]) => {
    const classes = of.map(({ label }) => label);
    return ifAny(tokenExamples(encoded, classes, tokenizer.special.pad));
  };
  const train = chosen.map(encode);
  const test = rows.test.map(encode);
  return {
    name: model.tuned.name,
    tower: tower.blocks,
    head: () => Promise.resolve(head),
    loss: crossEntropy,
    labels,
    tokens: paddedLength([...train, ...test]),
    train: examplesOf(train, chosen),
    test: examplesOf(test, rows.test),
    examples: rows.test.length,
    texts: rows.test.map(({ text, text_b }) => ({ text, ...(text_b !== undefined && { text_b }) })),
    ...classMetrics(rows.test, labels.length),
    notes: [
      ...rows.notes,
      ...cutRemark('training', train, tower.limit),
      ...cutRemark('test', test, tower.limit),
      ...emptyRemark(rows),
    ],
    ask(question) {
      if (question instanceof Blob) return null;
      const row = { ...question, label: 0 };
      return examplesOf([encode(row)], [row]);
    },
    about: {
      reading: `${labels.length} classes · ${data.template === undefined ? 'the model’s own classification head' : `prompt “${data.template}”`}`,
      counts,
      example: train[0] ? tokenizer.decode(train[0].ids) : '',
      trainExamples: counts.reduce((sum, { examples }) => sum + examples, 0),
    },
  };
};

/** How texts are joined for an architecture. */
const pairsOf = (architecture: string | null) =>
  architecture === 'llama' || architecture === 'gpt2'
    ? 'decoder'
    : architecture === 'bert'
      ? 'bert'
      : 'roberta';

/** The text tower; throws Incompatible when the model has none. */
export function textTower({ towers, base }: TaskModel): Tower {
  if (towers.text) return towers.text;
  throw incompatible(
    `${base.name} reads images, and the data are text. Choose a folder or zip of images.`,
  );
}

/** The text tower with its tokenizer; throws Incompatible where they do not fit. */
export async function openText(model: TaskModel): Promise<{ tower: Tower; tokenizer: Tokenizer }> {
  const tower = textTower(model);
  const tokenizer = await model.tokenizer();
  checkVocabulary(tokenizer, tower.vocabulary, model.base.name);
  return { tower, tokenizer };
}

/** Metrics of classes and how they are told from logits [n × classes]. */
export function classMetrics(
  rows: readonly { label: number }[],
  classes: number,
): Pick<PreparedTask, 'metrics' | 'measure'> {
  const labels = rows.map(({ label }) => label);
  return {
    metrics: ['accuracy', 'f1'],
    measure({ values, width }, metric: MetricName) {
      const predicted = argmaxRows(values, width);
      if (metric === 'accuracy') return accuracy(predicted, labels);
      const positives = classes === 2 ? [1] : Array.from({ length: classes }, (_, i) => i);
      const scores = positives.map((each) => f1(predicted, labels, each));
      return scores.reduce((sum, score) => sum + score, 0) / scores.length;
    },
  };
}

/** Classes of config.json's id2label; its placeholders tell their number alone. */
export function classesOf(config: Readonly<Record<string, unknown>>): KnownClasses {
  const given = config['id2label'];
  if (typeof given !== 'object' || given === null) return { names: null, count: null };
  const names = Object.entries(given)
    .toSorted(([a], [b]) => Number(a) - Number(b))
    .map(([, name]) => (typeof name === 'string' ? name : JSON.stringify(name)));
  const placeholders = names.every((name, i) => name === `LABEL_${i}`);
  const told = !placeholders && names.length > 0 && new Set(names).size === names.length;
  return { names: told ? names : null, count: names.length };
}

/** The task's own head; throws Incompatible when it does not tell as many classes as there are. */
export function ownHead(model: TaskModel, tower: Tower, labels: readonly string[]): Block {
  const { name, index } = model.tuned;
  if (!tower.heads.classifier)
    throw incompatible(
      `${name} has no classification head that can be run. Give a template and label words, or prompts for images.`,
    );
  const head = tower.heads.classifier(index.tensors, model.config);
  const matrices = head.tensors.filter(({ info }) => info.shape.length === 2);
  const outputs = matrices.at(-1)?.info.shape[0];
  if (outputs === undefined || outputs === labels.length) return head;
  throw incompatible(
    `The classification head of ${name} tells ${outputs} classes, and its data have ${labels.length} (${fewOf(labels)}). Choose the data it was trained for, or name its classes with labels.`,
  );
}

function promptHead(
  { base }: TaskModel,
  tower: Tower,
  tokenizer: Tokenizer,
  words: readonly string[],
): Block {
  if (tower.heads.maskedLm) return tower.heads.maskedLm(labelWordIds(tokenizer, words));
  throw incompatible(
    `${base.name} has no masked-LM head to fill {mask} with. Use a base with one, or leave out template and label words for the task's own classification head.`,
  );
}

function cutRemark(name: string, list: readonly Encoded[], limit: number): string[] {
  const cut = list.filter(({ truncated }) => truncated).length;
  if (cut === 0) return [];
  return [`${cut} of ${list.length} ${name} texts are longer than ${limit} tokens and are cut.`];
}

function emptyRemark({ train, test }: LabelledRows): string[] {
  const empty = [...train, ...test].filter(({ text }) => text.trim() === '').length;
  return empty > 0 ? [`${empty} examples have no text.`] : [];
}
