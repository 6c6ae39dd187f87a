import { expect, it } from 'vitest';
import { checkShards, formatShardIndex, parseShardIndex, shardName } from './shardIndex.ts';

const parse = (text: string) => parseShardIndex('m/i.json', new TextEncoder().encode(text));
const map = (entries: Record<string, unknown>) => JSON.stringify({ weight_map: entries });
const remedy = ' Download the folder again, with all its files.';

it('reads which shard holds each tensor', () => {
  const text =
    '{"metadata":{"total_size":1.5e3},"weight_map":{"__proto__":"a.safetensors","b":"b-1.safetensors"}}';
  expect([...parse(text)]).toEqual([
    ['__proto__', 'a.safetensors'],
    ['b', 'b-1.safetensors'],
  ]);
});

it.each([
  '../x.safetensors',
  '..\\x.safetensors',
  '/x.safetensors',
  'a/x.safetensors',
  'a\\x.safetensors',
  '.x.safetensors',
  '..',
  '',
  'x\0.safetensors',
  'C:\\x.safetensors',
  'x.bin',
])('refuses the shard %j, which is no plain name of a safetensors file', (shard) => {
  expect(() => parse(map({ a: 'ok.safetensors', b: shard }))).toThrow(
    `m/i.json puts tensor "b" into ${JSON.stringify(shard)}, which is not a plain file name.${remedy}`,
  );
});

it('takes PyTorch shards from the index of PyTorch files alone', () => {
  const index = new TextEncoder().encode(map({ a: 'x-1.bin' }));
  expect([...parseShardIndex('m/pytorch_model.bin.index.json', index)]).toEqual([['a', 'x-1.bin']]);
  expect(() =>
    parseShardIndex(
      'm/pytorch_model.bin.index.json',
      new TextEncoder().encode(map({ a: 'x.safetensors' })),
    ),
  ).toThrow('which is not a plain file name');
});

it.each([
  ['[]', 'm/i.json has no weight_map that tells which file holds each tensor.'],
  ['{"metadata":{}}', 'm/i.json has no weight_map that tells which file holds each tensor.'],
  [map({}), 'm/i.json has an empty weight_map.'],
  [map({ a: 3 }), 'm/i.json gives tensor "a" a shard that is not a file name.'],
  [
    '{"weight_map":{"a":"x","a":"y"}}',
    'm/i.json: the index has the key "a" twice in "weight_map", at byte 23.',
  ],
  ['', 'm/i.json: the index has its end where a value must be, at byte 0.'],
])('refuses %s', (text, message) => {
  expect(() => parse(text)).toThrow(message + remedy);
});

const weightMap = new Map([
  ['a', '1.safetensors'],
  ['b', '2.safetensors'],
]);
const check = (one: string[], two: string[]) => {
  const shards = [one, two].map((names, at) => ({
    name: `${at + 1}.safetensors`,
    tensors: names.map((name) => ({ name })),
  }));
  checkShards('m/i.json', weightMap, shards);
};

it('agrees with shards that hold what it says', () => {
  expect(() => check(['a'], ['b'])).not.toThrow();
});

it.each([
  [['a'], [], 'm/i.json puts tensor "b" into 2.safetensors, which does not hold it.'],
  [['b'], ['a'], 'm/i.json puts tensor "a" into 1.safetensors, which does not hold it.'],
  [
    ['a', 'c'],
    ['b'],
    'm/i.json disagrees with 1.safetensors: that file holds tensor "c", and the index does not name it.',
  ],
  [
    ['a'],
    ['b', 'a'],
    'm/i.json disagrees with 2.safetensors: that file holds tensor "a", and the index puts it into 1.safetensors.',
  ],
])('disagrees with shards that hold %j and %j', (one, two, message) => {
  expect(() => check(one, two)).toThrow(message + remedy);
});

it('names and lists shards as transformers does', () => {
  expect(shardName(1, 12)).toBe('model-00001-of-00012.safetensors');
  const shards = [
    { name: '1.safetensors', tensors: ['a', '__proto__'] },
    { name: '2.safetensors', tensors: ['b'] },
  ];
  expect(formatShardIndex(shards, 12)).toBe(
    '{\n  "metadata": {\n    "total_size": 12\n  },\n  "weight_map": {\n    "a": "1.safetensors",\n    "__proto__": "1.safetensors",\n    "b": "2.safetensors"\n  }\n}\n',
  );
});
