import { argmaxRows } from '../analysis/metrics.ts';
import type { Outputs } from '../models/evaluate.ts';
import type { TaskData } from '../recipe/recipe.ts';
import { plural } from '../wording.ts';

/** What a model makes of a few training examples of its task. */
export interface Tried {
  outputs: Outputs;
  /** Mean loss. */
  loss: number;
}

/** A few training examples, and how they are read. */
export interface TriedTask {
  data: TaskData;
  /** Class names; empty for language models. */
  labels: readonly string[];
  /** Class of each example. */
  classes: readonly number[];
  /** The first one as the model reads it. */
  example: string;
}

/** Fewer right answers than the base's that are more than chance. */
const fewer = 2;

/**
 * What to say of a fine-tuned model that is no better than chance on its own training examples, or worse than the base, with
 * the likely cause; null of any other.
 */
export function tunedRemark(task: TriedTask, base: Tried, tuned: Tried): string | null {
  return task.labels.length > 0
    ? remarkOnClasses(task, base.outputs, tuned.outputs)
    : remarkOnText(task, base.loss, tuned.loss);
}

function remarkOnClasses(task: TriedTask, base: Outputs, tuned: Outputs): string | null {
  const { labels, classes } = task;
  const n = classes.length;
  const told = argmaxRows(tuned.values, tuned.width);
  const right = (answers: readonly number[]) =>
    answers.filter((answer, i) => answer === classes[i]).length;
  const [own, before] = [right(told), right(argmaxRows(base.values, base.width))];
  if (own * labels.length > n && before - own < fewer) return null;
  const chance = Math.round(n / labels.length);
  const found = `The fine-tuned model is right on ${own} of ${plural(n, 'training example')}, where chance is ${chance} and the base has ${before}.`;
  return `${found} ${causeOf(task, told, own)}`;
}

function causeOf(task: TriedTask, told: readonly number[], own: number): string {
  const { labels, classes, data } = task;
  const n = classes.length;
  const counts = labels.map((_, word) =>
    labels.map((_, c) => told.filter((each, i) => each === word && classes[i] === c).length),
  );
  const order = bestOrder(counts);
  const better = order.reduce((sum, word, c) => sum + counts[word]![c]!, 0);
  if (better - own >= n / 4 && better >= n / labels.length + n / 4) {
    const words = data.label_words ?? labels;
    const shown = order.slice(0, 12).map((word) => `“${words[word]}”`);
    const what = data.label_words ? 'label words' : 'classes';
    return `Its ${what} seem to be in another order: as ${shown.join(', ')} it is right on ${better}.`;
  }
  const [first] = told;
  const same = told.every((each) => each === first);
  const always = same ? `It answers “${labels[first ?? 0]}” each time. ` : '';
  return always + reading(task);
}

function remarkOnText(task: TriedTask, base: number, tuned: number): string | null {
  if (!(tuned > base)) return null;
  const [own, before] = [tuned, base].map((loss) => Math.exp(loss).toPrecision(3));
  const found = `The fine-tuned model has perplexity ${own} on training examples, more than the base’s ${before}.`;
  const counted =
    task.data.kind === 'choices' ? 'The right choices may be counted otherwise. ' : '';
  return `${found} ${counted}${reading(task)}`;
}

const shownCharacters = 80;

/** What else may be wrong, with what the model is given to read. */
function reading({ data, example }: TriedTask): string {
  const start = example.slice(0, shownCharacters);
  const text =
    start === '' ? '' : `: it reads “${start}${example.length > shownCharacters ? '…' : ''}”`;
  if (data.prompts)
    return 'Its prompts or the order of its class names may be others than in fine-tuning.';
  const what = data.template === undefined ? 'columns' : 'template or columns';
  return `Its ${what} may be others than in fine-tuning${text}.`;
}

const mostTried = 6;

/** For each class the word whose answers are best taken for it: of all orders, or one after the other where there are many. */
export function bestOrder(counts: readonly (readonly number[])[]): number[] {
  const size = counts.length;
  if (size > mostTried) return greedyOrder(counts);
  let best: { order: number[]; right: number } = { order: [], right: -1 };
  const extend = (order: number[], right: number) => {
    if (order.length === size) {
      if (right > best.right) best = { order, right };
      return;
    }
    for (const word of counts.keys())
      if (!order.includes(word)) extend([...order, word], right + counts[word]![order.length]!);
  };
  extend([], 0);
  return best.order;
}

function greedyOrder(counts: readonly (readonly number[])[]): number[] {
  const pairs = counts.flatMap((row, word) => row.map((count, c) => ({ word, c, count })));
  const order: number[] = [];
  const used = new Set<number>();
  for (const { word, c } of pairs.sort((a, b) => b.count - a.count))
    if (order[c] === undefined && !used.has(word)) {
      order[c] = word;
      used.add(word);
    }
  return order;
}
