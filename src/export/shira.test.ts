import { expect, test } from 'vitest';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import { composeShira, whyNoShira, type AdapterTensor } from './shira.ts';

/** An F32 layer of 2 × 3 whose mask is these positions, in chunks of 4 weights at most. */
function layer(name: string, base: number[], tuned: number[], set: readonly number[]) {
  const chunks = [0, 4].map((start) => {
    const elements = Math.min(4, 6 - start);
    const word = set.reduce(
      (bits, k) => (k >= start && k < start + elements ? bits | (1 << (k - start)) : bits),
      0,
    );
    const values = new Uint8Array(Float32Array.from(tuned.slice(start, start + elements)).buffer);
    return {
      ...{ start, elements },
      open: () => Promise.resolve({ words: Uint32Array.of(word), values }),
    };
  });
  return {
    ...{ name, dtype: 'F32', elements: 6, kept: set.length, chunks },
    ...{ shape: [2, 3], layer: 0, component: 'attention', dtypes: ['F32', 'F32'] },
    readBase: (start: number, elements: number) =>
      Promise.resolve(Float32Array.from(base.slice(start, start + elements))),
  } satisfies AdapterTensor;
}

const query = layer(
  'enc.layer.0.query.weight',
  [1, 2, 3, 4, 5, 6],
  [1, 2.5, 3, 4, 4, 8],
  [1, 4, 5],
);
const key = layer('enc.layer.0.key.weight', [0, 0, 0, 0, 0, 0], [7, 0, 0, 0, 0, 0], [0]);
const norm = { ...query, name: 'enc.layer.0.norm.weight', shape: [6], component: 'LayerNorm' };

test('an adapter holds the changes with their rows and columns, every layer as many as its r asks', async () => {
  const [config, weights] = await composeShira('roberta', [query, key]);
  expect(config?.name).toBe('adapter_config.json');
  expect(JSON.parse(await config!.blob.text())).toMatchObject({
    ...{ peft_type: 'SHIRA', r: 1, base_model_name_or_path: 'roberta', fan_in_fan_out: false },
    target_modules: ['enc.layer.0.query', 'enc.layer.0.key'],
  });
  expect(weights?.name).toBe('adapter_model.safetensors');
  const { blob } = weights!;
  const { tensors, metadata } = await readSafetensorsHeader({ path: 'a', blob }, 0);
  expect(metadata).toEqual({ format: 'pt' });
  const read = async (name: string) => {
    const { start, end, dtype, shape } = tensors.find((each) => each.name === name)!;
    const bytes = await blob.slice(start, end).arrayBuffer();
    return { shape, numbers: [...new (dtype === 'F32' ? Float32Array : Int32Array)(bytes)] };
  };
  const at = 'base_model.model.enc.layer.0';
  expect(tensors).toHaveLength(4);
  expect(await read(`${at}.query.shira_weight`)).toEqual({
    ...{ shape: [5], numbers: [0.5, -1, 2, -0, -0] },
  });
  expect(await read(`${at}.query.shira_indices`)).toEqual({
    ...{ shape: [2, 5], numbers: [0, 1, 1, 0, 0, 1, 1, 2, 0, 0] },
  });
  expect(await read(`${at}.key.shira_weight`)).toEqual({
    ...{ shape: [5], numbers: [7, -0, -0, -0, -0] },
  });
});

test('a change that rounds is refused, and so are NaN and a zero of another sign', async () => {
  const third = Math.fround(1 / 3);
  for (const [before, after] of [
    [-1, 1 + 2 ** -23],
    [1, -0],
    [1, NaN],
    [1e30, third],
  ] as const) {
    const odd = layer('q.weight', [before, 0, 0, 0, 0, 0], [after, 0, 0, 0, 0, 0], [0]);
    await expect(composeShira('base', [odd])).rejects.toMatchObject({
      kind: 'Unsupported',
      message: expect.stringMatching(/^The change of q\.weight at position 0 cannot be added/),
    });
  }
});

test('a mask of linear layers alone may be an adapter', () => {
  expect(whyNoShira('roberta', [query, key])).toBeNull();
  expect(whyNoShira('roberta', [query, { ...norm, kept: 0 }])).toBeNull();
});

const refusals: [
  what: string,
  architecture: string | null,
  tensors: AdapterTensor[],
  says: RegExp,
][] = [
  ['another tensor', 'roberta', [query, norm], /also touches enc\.layer\.0\.norm\.weight\. Leave/],
  ['a bias', 'bert', [{ ...query, name: 'q.bias', shape: [6] }, norm], /q\.bias and 1 more/],
  ['an embedding', 'roberta', [{ ...query, layer: null, component: 'embeddings' }], /also touches/],
  ['GPT-2', 'gpt2', [query], /Conv1D/],
  ['an unknown architecture', null, [query], /not known/],
  ['nothing', 'vit', [{ ...query, kept: 0 }], /no weights/],
  [
    'too many weights',
    'vit',
    [{ ...query, kept: 6 }],
    /2 · \(rows \+ columns\).*Lower the density/,
  ],
];

for (const [what, architecture, tensors, says] of refusals)
  test(`a mask of ${what} is no adapter`, () => {
    expect(whyNoShira(architecture, tensors)).toMatch(says);
  });
