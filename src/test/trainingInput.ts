import { readSafetensorsHeader } from '../formats/safetensors.ts';
import type { Tensors } from '../gpu/tensors.ts';
import { memoryScratch } from '../scope/scopeArrays.ts';
import { infoOf, readerOf, taskOf, type Goldens } from './localizeGoldens.ts';
import told from '../localize/goldens/localize.json';
import givenUrl from '../localize/goldens/localize.safetensors?url&inline';
import type { Parameters } from '../recipe/parameters.ts';
import type { TensorReader } from '../tensor/tensorIndex.ts';
import madeUrl from '../training/goldens/training.safetensors?url&inline';
import type { TrainingHost, TrainingInput } from '../training/learner.ts';

async function openGoldens(url: string): Promise<Goldens> {
  const blob = await (await fetch(url)).blob();
  const { tensors } = await readSafetensorsHeader({ path: 'goldens.safetensors', blob }, 0);
  return { tensors, bytes: new Uint8Array(await blob.arrayBuffer()), told };
}

/** Two fine-tuned models of a base, and the examples of their tasks. */
export const given = await openGoldens(givenUrl);
/** What learners make of them. */
export const made = await openGoldens(madeUrl);
export const names = ['a', 'b'];

/** What a learner is given of them; `open` makes the readers of their files. */
export function inputOf(
  parameters: Parameters,
  goldens = given,
  open: (goldens: Goldens) => TensorReader = readerOf,
): TrainingInput {
  const reader = open(goldens);
  const { scope } = goldens.told;
  return {
    scope: scope.map((name) => ({
      base: infoOf(goldens, `base/${name}`, name),
      tuned: names.map((task) => infoOf(goldens, `${task}/${name}`, name)),
    })),
    base: reader,
    tasks: names.map((name) => {
      const task = taskOf(goldens, name);
      // A fine-tuned model under the base's names: only the scope was tuned.
      const model: TensorReader = {
        read: (info, start, end) =>
          reader.read(
            scope.includes(info.name) ? infoOf(goldens, `${name}/${info.name}`, info.name) : info,
            ...([start, end] as const),
          ),
      };
      return { task, floats: task.blocks, tuned: reader, model };
    }),
    parameters: names.map(() => parameters),
    settings: { batchSize: 16, seed: 0 },
  };
}

export const hostOf = (tensors: Tensors, change: Partial<TrainingHost> = {}): TrainingHost => ({
  ...{ tensors, budgetBytes: 1e9, scratch: memoryScratch() },
  signal: new AbortController().signal,
  resumed: async () => undefined,
  onProgress: () => undefined,
  ...change,
});
