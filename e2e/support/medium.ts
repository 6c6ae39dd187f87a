import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from '@playwright/test';
import { countElements, roberta, safetensorsHeader } from '../../scripts/shapes.js';

const { config, tensors } = roberta({
  layers: 2,
  hidden: 512,
  inner: 2048,
  vocabulary: 8000,
  positions: 130,
  heads: 8,
});

/** Finite f32 words from a linear congruence; the fine-tunes differ from the base in their low bits. */
function weights(number: number): Uint32Array {
  const count = tensors.reduce((sum, tensor) => sum + countElements(tensor), 0);
  const words = new Uint32Array(count);
  let base = 1;
  let own = number;
  for (let i = 0; i < count; i++) {
    base = (Math.imul(base, 1664525) + 1013904223) >>> 0;
    own = (Math.imul(own, 1664525) + 1013904223) >>> 0;
    words[i] = ((base & 0x83ffffff) | 0x38000000) ^ (number === 0 ? 0 : own >>> 14);
  }
  return words;
}

/** Folders base, task1 and task2, 42 MB each: merging them takes long enough to be cut off. */
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
