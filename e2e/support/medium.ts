import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from '@playwright/test';
import { countElements, roberta, safetensorsHeader } from '../../scripts/shapes.js';

const { config, tensors } = roberta({
  layers: 2,
  hidden: 512,
  inner: 2048,
  vocabulary: 4000,
  positions: 130,
  heads: 8,
});

/** A 32-bit xorshift: its words do not compress, which a full disk's test needs. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  };
}

/** Finite f32 words; the fine-tunes differ from the base in their low bits. */
function weights(number: number): Uint32Array {
  const [base, own] = [random(1), random(1000 + number)];
  const count = tensors.reduce((sum, tensor) => sum + countElements(tensor), 0);
  return Uint32Array.from({ length: count }, () => {
    const word = (base() & 0x83ffffff) | 0x38000000;
    return number === 0 ? word : word ^ (own() >>> 14);
  });
}

/** Folders base, task1 and task2, 34 MB each: merging them takes long enough to be cut off. */
export function useMediumCheckpoints(): { folders: string[] } {
  const made: { folders: string[] } = { folders: [] };
  let out = '';
  test.beforeAll(() => {
    out = mkdtempSync(join(tmpdir(), 'stitchwork-medium-'));
    made.folders = ['base', 'task1', 'task2'].map((name, number) => {
      const folder = join(out, name);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
      const bytes = Buffer.from(weights(number).buffer);
      const header = safetensorsHeader(tensors, 'F32');
      writeFileSync(join(folder, 'model.safetensors'), Buffer.concat([header, bytes]));
      return folder;
    });
  });
  test.afterAll(() => rmSync(out, { recursive: true, force: true }));
  return made;
}
