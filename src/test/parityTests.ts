import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tensors } from '../gpu/tensors.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import type { Batch, Block, Heads, Tensor, Tower } from '../models/block.ts';
import { lossAndGradients, segmentsOf, type ParameterSource } from '../models/blockwise.ts';
import { buildTowers } from '../models/registry.ts';

/** A file of scripts/parityGoldens.py. */
export interface Golden {
  name: string;
  tensors: readonly TensorInfo[];
  metadata: Readonly<Record<string, string>>;
  bytes: Uint8Array<ArrayBuffer>;
}

/** One head of a golden model, and what is asked of it. */
export interface GoldenCase {
  case: string;
  tower: 'text' | 'images';
  head: keyof Heads;
  words?: number[];
  bare: boolean;
}

/** Files in models/goldens/. */
export const goldenNames = [
  'roberta',
  'bert',
  'gpt2',
  'clip',
  'openClip',
  'vit',
  'timm',
  'deit',
  'llama',
  'mistral',
  'qwen2',
  'qwen3',
  'gemma',
  'gemma2',
  'gemma3_text',
  'smollm3',
  'phi3',
  'phi3.5',
  'olmo2',
  ...['llamaClasses', 'qwen2Classes', 'gemma2Classes', 'gpt2Classes'],
] as const;

const side = /^(?:input|output|upstream|grad)\./;

/** What a golden says of itself. */
export const describeGolden = ({ metadata }: Golden) =>
  JSON.parse(metadata['golden'] ?? '') as {
    architecture: string;
    config: Record<string, unknown>;
    /** Others that say the same, by what they are. */
    configs?: Record<string, Record<string, unknown>>;
    cases: GoldenCase[];
  };

/** The model's own tensors. */
export const modelTensors = ({ tensors }: Golden): TensorInfo[] =>
  tensors.filter(({ name }) => !side.test(name));

/** Blocks of a case's tower and its head. */
export function blocksOf(
  golden: Golden,
  { tower, head, words }: GoldenCase,
  config: Readonly<Record<string, unknown>>,
  tensors: readonly TensorInfo[] = modelTensors(golden),
): Block[] {
  const built = buildTowers(describeGolden(golden).architecture, tensors, config)[tower];
  if (!built) throw new Error(`${golden.name} has no ${tower} tower`);
  return [...built.blocks, headOf(built, head, { tensors, config, words: words ?? [] })];
}

function headOf(
  { heads }: Tower,
  head: keyof Heads,
  {
    tensors,
    config,
    words,
  }: {
    tensors: readonly TensorInfo[];
    config: Readonly<Record<string, unknown>>;
    words: number[];
  },
) {
  const made = {
    maskedLm: () => heads.maskedLm?.(words),
    classifier: () => heads.classifier?.(tensors, config),
    languageModel: () => heads.languageModel?.(),
    tokenEntropy: () => heads.tokenEntropy?.(),
    greedyToken: () => heads.greedyToken?.(),
    projection: () => heads.projection?.(),
  }[head]();
  if (!made) throw new Error(`no head ${head}`);
  return made;
}

function valuesOf({ bytes }: Golden, { start, end, dtype }: TensorInfo) {
  const { buffer } = bytes.slice(start, end);
  return dtype === 'I32' ? new Int32Array(buffer) : new Float32Array(buffer);
}

/** Tensors whose names begin with `prefix`, by the rest. */
export function readTensors({ tf }: Tensors, golden: Golden, prefix = ''): Map<string, Tensor> {
  const chosen = golden.tensors.filter(({ name }) =>
    prefix ? name.startsWith(prefix) : !side.test(name),
  );
  return new Map(
    chosen.map((info) => [
      info.name.slice(prefix.length),
      tf.tensor(
        valuesOf(golden, info),
        [...info.shape],
        info.dtype === 'I32' ? 'int32' : 'float32',
      ),
    ]),
  );
}

const sourceOf = (params: ReadonlyMap<string, Tensor>): ParameterSource => ({
  load: async ({ tensors }) => ({
    params,
    trainable: tensors.map(({ info }) => info.name),
    release: () => undefined,
  }),
});

const largest = (values: ArrayLike<number>) =>
  Array.from(values).reduce((max, value) => Math.max(max, Math.abs(value)), 0);

const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  a.length === b.length ? largest(Array.from(a, (value, i) => value - b[i]!)) : Infinity;

/** Gradients of all blocks together, those of tied weights added. */
async function run(
  { tf }: Tensors,
  blocks: Block[],
  resident: boolean,
  batch: Batch,
  upstream: Tensor,
  params: ReadonlyMap<string, Tensor>,
) {
  const gradients = new Map<string, Float32Array>();
  const { output } = await lossAndGradients(
    tf,
    segmentsOf(blocks, resident),
    (_, y) => tf.sum(tf.mul(y, upstream)),
    batch,
    sourceOf(params),
    async (found) => {
      for (const [name, gradient] of found) {
        const values = (await gradient.data()) as Float32Array;
        const before = gradients.get(name);
        gradients.set(
          name,
          values.map((value, i) => value + (before?.[i] ?? 0)),
        );
      }
    },
  );
  return { output, gradients };
}

/** Names of gradients that are off by more than 1e-3 of their largest, and how far; a vanishing one must vanish too. */
function wrongGradients(
  golden: Golden,
  prefix: string,
  found: ReadonlyMap<string, Float32Array>,
): string[] {
  const expected = new Map(
    golden.tensors
      .filter(({ name }) => name.startsWith(prefix))
      .map((info) => [info.name.slice(prefix.length), valuesOf(golden, info)]),
  );
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
  const nothing = 1e-5 * Math.max(...[...expected.values()].map(largest));
  return [...expected].flatMap(([name, values]) => {
    const size = largest(values);
    const off = distance(values, found.get(name) ?? []);
    const good = size < nothing ? off < nothing : off <= 1e-3 * size;
    return good ? [] : [`${name}: ${off} of ${size}`];
  });
}

/** Compares every golden model with transformers: outputs within 1e-4, gradients of all weights within 1e-3 relative. */
export function testParity(open: () => Promise<Tensors>, goldens: readonly Golden[]): void {
  let tensors: Tensors;
  beforeAll(async () => {
    tensors = await open();
  });
  afterAll(() => tensors.close());

  describe.each(goldens)('$name', (golden) => {
    const described = describeGolden(golden);
    const variants = described.cases.flatMap((each) => [
      { each, from: 'config.json', config: described.config, resident: true },
      ...Object.entries(described.configs ?? {}).map(([from, config]) => ({
        ...{ each, from, config, resident: false },
      })),
      ...(each.bare ? [{ each, from: 'its shapes alone', config: {}, resident: false }] : []),
    ]);
    it.each(variants)(
      '$each.case, from $from, equals transformers',
      async ({ each, config, resident }) => {
        const { tf } = tensors;
        const before = tf.memory().numTensors;
        const params = readTensors(tensors, golden);
        const inputs = readTensors(tensors, golden, 'input.');
        const upstream = readTensors(tensors, golden, `upstream.${each.case}`).get('')!;
        const blocks = blocksOf(golden, each, config);
        const batch: Batch = Object.fromEntries(inputs);
        const result = await run(tensors, blocks, resident, batch, upstream, params);
        tf.dispose([...params.values(), ...inputs.values(), upstream]);
        const info = golden.tensors.find(({ name }) => name === `output.${each.case}`)!;
        const off = distance(valuesOf(golden, info), result.output);
        expect(off).toBeLessThanOrEqual(1e-4);
        expect(wrongGradients(golden, `grad.${each.case}.`, result.gradients)).toEqual([]);
        expect(tf.memory().numTensors).toBe(before);
      },
    );
  });
}
