import { mulberry32 } from '../../src/data/random.ts';
import { readSafetensorsHeader } from '../../src/formats/safetensors.ts';
import { requestCompute } from '../../src/jobs/requestCompute.ts';
import { openTensors } from '../../src/gpu/tensors.ts';
import { wasmPaths } from '../../src/gpu/wasmPaths.ts';
import { localize } from '../../src/localize/localize.ts';
import { localizers } from '../../src/localize/localizers/registry.ts';
import { architectureOf, buildTowers, identifyArchitecture } from '../../src/models/registry.ts';
import { meanNll, type Task } from '../../src/models/task.ts';
import { openScratchFile } from '../../src/storage/scratchFile.ts';
import type { TensorReader } from '../../src/tensor/tensorIndex.ts';

export interface XlJob {
  /** Base and fine-tuned. */
  files: File[];
  config: Record<string, unknown>;
  budgetBytes: number;
  batch: number;
  tokens: number;
}

export interface XlResult {
  backend: string;
  adapter: string;
  parameters: number;
  /** All of localizing with one step: sizing gradients, the start, the step, and the mask. */
  seconds: number;
  /** The step alone. */
  stepSeconds: number;
  loss: number;
  kept: number;
}

onmessage = async ({ data }: MessageEvent<XlJob>) => {
  const { files, config, budgetBytes, batch, tokens } = data;
  const [base, tuned] = await Promise.all(files.map(open));
  if (!base || !tuned) throw new Error('A base and a fine-tuned file are needed.');
  const architecture = architectureOf(identifyArchitecture(null, base.tensors));
  if (!architecture) throw new Error('The architecture is not known.');
  const { stacks, buffers } = architecture;
  const { text } = buildTowers(architecture.id, base.tensors, config);
  if (!text?.heads.languageModel) throw new Error('This is no language model.');
  const tensors = await openTensors(await requestCompute(), wasmPaths);
  const scope = base.tensors
    .filter(({ name }) => stacks.some(({ pattern }) => pattern.test(name)))
    .filter(({ name }) => !buffers.some((buffer) => buffer.test(name)))
    .map((info) => ({
      base: info,
      tuned: [tuned.tensors.find(({ name }) => name === info.name)!],
    }));
  const task: Task = {
    ...{ name: 'xl', labels: [], tokens, notes: [], loss: meanNll, test: null },
    blocks: [...text.blocks, text.heads.languageModel()],
    train: examples(text.vocabulary, batch, tokens),
  };
  const scratch = await openScratchFile('xl');
  const refuse = () => Promise.reject(new Error('Nothing is resumed here.'));
  let stepSeconds = NaN;
  const started = performance.now();
  const { masks, losses } = await localize(
    {
      ...{ localizer: localizers.scaled, scope, base, budget: 'exact' },
      masks: [{ task, tuned, density: 0.01 }],
      settings: { epochs: 1, batchSize: batch, learningRate: 2, l1: 0.1, seed: 0 },
    },
    {
      ...{ tensors, budgetBytes, scratch, signal: new AbortController().signal },
      resumed: async () => undefined,
      onProgress: ({ secondsPerStep }) => (stepSeconds = secondsPerStep),
      snapshots: { read: async () => null, part: refuse, put: refuse, commit: refuse },
      snapshotEveryMs: Infinity,
    },
  );
  const result: XlResult = {
    ...{ backend: tensors.backend, adapter: tensors.compute.adapter },
    parameters: scope.reduce((sum, { base }) => sum + base.shape.reduce((a, b) => a * b, 1), 0),
    ...{ seconds: (performance.now() - started) / 1000, stepSeconds },
    ...{ loss: losses[0] ?? NaN, kept: masks[0]?.kept ?? 0 },
  };
  postMessage(result);
};

async function open(blob: File) {
  const { tensors } = await readSafetensorsHeader({ path: blob.name, blob }, 0);
  const read: TensorReader['read'] = async ({ start }, from, to) =>
    new Uint8Array(await blob.slice(start + from, start + to).arrayBuffer());
  return { tensors, read };
}

/** One batch of random tokens. */
function examples(vocabulary: number, size: number, tokens: number): Task['train'] {
  const random = mulberry32(5);
  const ids = Int32Array.from({ length: size * tokens }, () => Math.floor(random() * vocabulary));
  return {
    ...{ size, labels: new Int32Array() },
    batch: async (tf) => ({
      ids: tf.tensor2d(ids, [size, tokens], 'int32'),
      attention: tf.ones([size, tokens]),
    }),
  };
}
