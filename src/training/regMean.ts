import type { Block } from '../models/block.ts';
import { readF32Range } from '../models/readF32.ts';
import { release } from '../tensor/release.ts';
import { countElements } from '../tensor/tensorIndex.ts';
import { walkOf, type Gram } from './grams.ts';
import type { Learned, Learner, TrainingHost, TrainingInput } from './learner.ts';
import { madePiece, putMade } from './made.ts';
import { mergeLayer } from './mergeLayer.ts';

/** Linear layers whose outputs are nearest to the fine-tuned ones' (Jin et al. 2023, arXiv:2212.09849, equation 2). */
export const regMeanLearner: Learner = {
  stage: 'Measuring layer inputs',
  needs: 'Examples of every task; their labels are not looked at.',
  run: (input, host) => mergeByGrams(input, host, false),
};

/** The same on the inputs that the blocks merged before make (Nguyen et al. 2025, arXiv:2508.03121). */
export const regMeanPlusPlusLearner: Learner = {
  ...regMeanLearner,
  run: (input, host) => mergeByGrams(input, host, true),
};

async function mergeByGrams(
  input: TrainingInput,
  host: TrainingHost,
  onMerged: boolean,
): Promise<Learned> {
  const { tasks, scope } = input;
  const numbers = new Map(scope.map(({ base }, t) => [base.name, t]));
  const done = new Set<number>();
  const regularised: string[] = [];
  const walks = tasks.map((_, u) => walkOf(input, host, u, onMerged));
  const depth = Math.max(...tasks.map(({ floats }) => floats.length));
  const steps = (depth + 1) * tasks.length;
  const shared = sharedNames(tasks[0]?.floats ?? []);
  const averageRest = async (names: Iterable<string>) => {
    for (const name of names) {
      const t = numbers.get(name);
      if (t === undefined || done.has(t)) continue;
      await average(input, host, t);
      done.add(t);
    }
  };
  try {
    for (let b = 0; b < depth; b++) {
      const grams: Map<string, Gram>[] = [];
      try {
        for (const walk of walks) {
          grams.push(new Map());
          await walk.watch(b, grams.at(-1)!);
          host.onProgress(b * tasks.length + grams.length, steps, `block ${b}`);
        }
        for (const name of grams[0]?.keys() ?? []) {
          const t = numbers.get(name);
          const own = grams.flatMap((each) => each.get(name) ?? []);
          if (t === undefined || shared.has(name) || own.length < tasks.length) continue;
          if (await mergeLayer(input, host, t, own)) regularised.push(name);
          done.add(t);
        }
      } finally {
        grams.forEach((each) => each.forEach(({ sum }) => sum.dispose()));
      }
      if (!onMerged) continue;
      await averageRest(tasks.flatMap(({ floats }) => namesIn(floats[b])));
      for (const walk of walks) await walk.passMerged(b);
    }
    await averageRest(numbers.keys());
  } finally {
    walks.forEach((walk) => walk.close());
  }
  return { made: true, notes: notesOn(regularised) };
}

const namesIn = (block: Block | undefined) => block?.tensors.map(({ info }) => info.name) ?? [];

function notesOn(regularised: readonly string[]): string[] {
  if (regularised.length === 0) return [];
  return [
    `The inputs of ${regularised.length} layers do not span all directions, so that their equations were regularised: ${regularised.slice(0, 3).join(', ')}${regularised.length > 3 ? ' and others' : ''}. More examples help.`,
  ];
}

/** Merges tensor `t` as the weighted mean. */
async function average(
  { tasks, scope, parameters }: TrainingInput,
  { scratch }: TrainingHost,
  t: number,
): Promise<void> {
  const weights = tasks.map((_, u) => parameters[u]?.weight ?? 1);
  const total = weights.reduce((a, b) => a + b, 0);
  const count = countElements(scope[t]!.base);
  for (let start = 0; start < count; start += madePiece) {
    const end = Math.min(count, start + madePiece);
    const out = new Float64Array(end - start);
    for (const [u, { tuned }] of tasks.entries()) {
      const values = await readF32Range(tuned, scope[t]!.tuned[u]!, start, end);
      for (let k = 0; k < out.length; k++) out[k]! += (weights[u]! / total) * values[k]!;
      release(values);
    }
    await putMade(scratch, t, Float32Array.from(out), start);
  }
}

/** Names that several blocks read: a tied embedding is no linear layer. */
function sharedNames(blocks: readonly Block[]): Set<string> {
  const all = blocks.flatMap(namesIn);
  return new Set(all.filter((name, i) => all.indexOf(name) !== i));
}
