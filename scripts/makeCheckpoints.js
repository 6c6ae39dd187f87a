import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { countElements, gpt2, qwen2, roberta, safetensorsHeader } from './shapes.js';
import { readArguments, refuse } from './usage.js';

/** @typedef {'F32' | 'F16' | 'BF16'} DType */

const shapes = {
  pico: roberta({ layers: 2, hidden: 32, inner: 64, vocabulary: 200, positions: 34, heads: 4 }),
  'roberta-small': roberta({
    layers: 6,
    hidden: 512,
    inner: 2048,
    vocabulary: 20000,
    positions: 514,
    heads: 8,
  }),
  'roberta-base': roberta({
    layers: 12,
    hidden: 768,
    inner: 3072,
    vocabulary: 50265,
    positions: 514,
    heads: 12,
  }),
  'roberta-x4': roberta({
    layers: 15,
    hidden: 1536,
    inner: 6144,
    vocabulary: 50265,
    positions: 514,
    heads: 24,
  }),
  // As many tensors as a large model has, and hardly any weights.
  'small-tensors': {
    config: { model_type: 'small-tensors' },
    tensors: Array.from({ length: 6000 }, (_, i) => ({ name: `tensor.${five(i)}`, shape: [1000] })),
  },
  gpt2: gpt2({ layers: 12, hidden: 768, vocabulary: 50257, positions: 1024, heads: 12 }),
  'gpt2-xl': gpt2({ layers: 48, hidden: 1600, vocabulary: 50257, positions: 1024, heads: 25 }),
  'qwen2-0.5b': qwen2({
    layers: 24,
    hidden: 896,
    inner: 4864,
    vocabulary: 151936,
    positions: 32768,
    heads: 14,
    keyHeads: 2,
  }),
};

/**
 * Bits of a 32-bit word that make random finite values (sign and mantissa, and the low exponent bits), the exponent
 * added to them, and the low mantissa bits in which a fine-tuned checkpoint differs. 16-bit dtypes come in pairs.
 * @type {Record<DType, { random: number, exponent: number, noise: number }>}
 */
const bits = {
  F32: { random: 0x83ff_ffff, exponent: 0x3800_0000, noise: 0x0003_ffff },
  F16: { random: 0x8fff_8fff, exponent: 0x2000_2000, noise: 0x003f_003f },
  BF16: { random: 0x83ff_83ff, exponent: 0x3800_3800, noise: 0x000f_000f },
};

const chunkWords = 4 * 1024 * 1024;

/**
 * An xorshift32 that fills or stirs words in place.
 * @param {number} seed
 */
function xorshift(seed) {
  let state = Math.imul(seed + 1, 0x9e37_79b9) | 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  };
  for (let i = 0; i < 16; i++) next();
  return {
    /** @param {Uint32Array} words @param {number} random @param {number} exponent */
    fill(words, random, exponent) {
      for (let i = 0; i < words.length; i++) words[i] = (next() & random) | exponent;
    },
    /** @param {Uint32Array} words @param {number} noise */
    stir(words, noise) {
      for (let i = 0; i < words.length; i++) words[i] = (words[i] ?? 0) ^ (next() & noise);
    },
  };
}

/**
 * The endless weights of checkpoint `number`: number 0 is the base, every other one the base with its own noise.
 * @param {DType} dtype
 * @param {number} seed
 * @param {number} number
 */
function weights(dtype, seed, number) {
  const { random, exponent, noise } = bits[dtype];
  const base = xorshift(seed);
  const own = xorshift(seed + number);
  const words = new Uint32Array(chunkWords);
  let used = chunkWords * 4;
  /** @param {number} fd @param {number} bytes */
  return function write(fd, bytes) {
    for (let left = bytes; left > 0;) {
      if (used === words.byteLength) {
        base.fill(words, random, exponent);
        if (number > 0) own.stir(words, noise);
        used = 0;
      }
      const take = Math.min(left, words.byteLength - used);
      for (let done = 0; done < take;)
        done += writeSync(fd, new Uint8Array(words.buffer, used + done, take - done));
      used += take;
      left -= take;
    }
  };
}

/**
 * Tensors in consecutive groups of about equal size.
 * @param {import('./shapes.js').Shape[]} tensors
 * @param {number} groups
 */
function split(tensors, groups) {
  const total = tensors.reduce((sum, tensor) => sum + countElements(tensor), 0);
  /** @type {import('./shapes.js').Shape[][]} */
  const shards = Array.from({ length: groups }, () => []);
  let before = 0;
  for (const tensor of tensors) {
    shards[Math.min(groups - 1, Math.floor((before * groups) / total))]?.push(tensor);
    before += countElements(tensor);
  }
  return shards.filter((shard) => shard.length > 0);
}

/**
 * Writes a base and `count` − 1 fine-tuned checkpoints of random finite weights (incompressible, the same for a seed)
 * as folders base, task1, task2, … below `out`; returns their paths. A sharded one has three shards and an index.
 * @param {{ shape: keyof typeof shapes, dtype?: DType, count?: number, sharded?: boolean, seed?: number, out: string }} options
 */
export function makeCheckpoints({
  shape,
  dtype = 'F32',
  count = 4,
  sharded = false,
  seed = 1,
  out,
}) {
  const { config, tensors } = shapes[shape];
  const bytesEach = dtype === 'F32' ? 4 : 2;
  const shards = split(tensors, sharded ? 3 : 1);
  const names = shards.map((_, i) =>
    sharded ? `model-${five(i + 1)}-of-${five(shards.length)}.safetensors` : 'model.safetensors',
  );
  return Array.from({ length: count }, (_, number) => {
    const folder = join(out, number === 0 ? 'base' : `task${number}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
    const write = weights(dtype, seed, number);
    shards.forEach((shard, i) => {
      const fd = openSync(join(folder, /** @type {string} */ (names[i])), 'w');
      writeSync(fd, safetensorsHeader(shard, dtype));
      for (const tensor of shard) write(fd, countElements(tensor) * bytesEach);
      closeSync(fd);
    });
    if (sharded) writeIndex(folder, shards, names, bytesEach);
    return folder;
  });
}

/** @param {number} number */
function five(number) {
  return String(number).padStart(5, '0');
}

/**
 * @param {string} folder
 * @param {import('./shapes.js').Shape[][]} shards
 * @param {string[]} names
 * @param {number} bytesEach
 */
function writeIndex(folder, shards, names, bytesEach) {
  const total = shards.flat().reduce((sum, tensor) => sum + countElements(tensor), 0);
  const map = shards.flatMap((shard, i) => shard.map(({ name }) => [name, names[i]]));
  const index = {
    metadata: { total_size: total * bytesEach },
    weight_map: Object.fromEntries(map),
  };
  writeFileSync(
    join(folder, 'model.safetensors.index.json'),
    `${JSON.stringify(index, null, 2)}\n`,
  );
}

const usage = `node scripts/makeCheckpoints.js --out DIR [--shape pico] [--dtype f32] [--count 4] [--sharded] [--seed 1]

Makes a base and fine-tunes of it, of random weights, to try things on, and prints their folders.
  --shape    ${Object.keys(shapes).join(', ')}
  --dtype    f32, f16 or bf16
  --count    how many, the base among them
  --sharded  in several files with an index`;

function main() {
  const { values } = readArguments(usage, {
    options: {
      shape: { type: 'string', default: 'pico' },
      dtype: { type: 'string', default: 'f32' },
      count: { type: 'string', default: '4' },
      sharded: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      out: { type: 'string' },
    },
  });
  const { sharded, out } = values;
  const shape = /** @type {(keyof typeof shapes)[]} */ (Object.keys(shapes)).find(
    (name) => name === values.shape,
  );
  const dtype = /** @type {DType[]} */ (Object.keys(bits)).find(
    (name) => name.toLowerCase() === values.dtype,
  );
  const count = Number(values.count);
  if (!out) refuse(usage, '--out is missing.');
  if (!shape) refuse(usage, `There is no shape ${values.shape}.`);
  if (!dtype) refuse(usage, `There is no dtype ${values.dtype}.`);
  if (!(count >= 1)) refuse(usage, `--count is ${values.count}, but must be 1 or more.`);
  const folders = makeCheckpoints({ shape, dtype, count, sharded, seed: Number(values.seed), out });
  for (const folder of folders) console.log(folder);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) main();
