import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readTable, rowsOf } from '../../data/dataset.ts';
import { localizers } from '../../localize/localizers/registry.ts';
import { methods } from '../../merge/methods/registry.ts';
import { parseRecipe } from '../../recipe/parseRecipe.ts';
import type { DemoManifest, DemoTask } from './demoSite.ts';

const root = fileURLToPath(new URL('../../../public/demo/', import.meta.url));
const limits = { vision: 16e6, text: 8e6 };
const made = Object.entries(limits).filter(([which]) => existsSync(join(root, which, 'demo.json')));

for (const [which, limit] of made) {
  describe(`The ${which} demo`, async () => {
    const folder = join(root, which);
    const { base, tasks, general, recipe, note } = await manifestOf(folder);
    const all = [...tasks, ...(general ? [general] : [])];
    const written = parseRecipe(recipe, Object.keys(methods), Object.keys(localizers));

    test(`is at most ${limit / 1e6} MB`, async () => {
      const names = await readdir(folder, { recursive: true });
      const sizes = await Promise.all(names.map((name) => sizeOf(join(folder, name))));
      expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(limit);
    });

    test('has every file that it names', async () => {
      const checkpoints = [base, ...tasks.map(({ checkpoint }) => checkpoint)];
      const data = all.flatMap((task) => [task.train, task.test, task.head]);
      const paths = [
        ...checkpoints.flatMap((each) => [`${each}/config.json`, `${each}/model.safetensors`]),
        ...data.filter((path) => path !== undefined),
      ];
      const missing = paths.filter((path) => !existsSync(join(folder, path)));
      expect(missing).toEqual([]);
    });

    test('says what it and each task is', () => {
      const told = all.flatMap(({ label, about }) => [label, about]);
      expect([note, ...told].every((text) => text.trim() !== '')).toBe(true);
      expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    });

    test('has its base and every fine-tune in its recipe, with their data', () => {
      expect(written.base_model).toBe(base);
      expect(written.models.map(({ model }) => model)).toEqual(
        tasks.map((task) => task.checkpoint),
      );
      for (const [i, { data }] of written.models.entries()) {
        expect(data).toMatchObject({ train: tasks[i]?.train, test: tasks[i]?.test });
        expect(data?.labels ?? tasks[i]?.labels).toEqual(tasks[i]?.labels);
        expect(data?.label_words).toEqual(tasks[i]?.label_words);
        expect(data?.template).toBe(tasks[i]?.template);
      }
    });

    const tables = all.flatMap((task) =>
      [task.train, task.test]
        .filter((path) => path?.endsWith('.jsonl'))
        .map((path) => ({ path: path ?? '', task })),
    );
    test.each(tables)('has examples of every class in $path', async ({ path, task }) => {
      const counts = await countClasses(join(folder, path), task);
      expect(Math.min(...counts)).toBeGreaterThanOrEqual(path === task.train ? 64 : 1);
      if (path === task.test) expect(counts.reduce((sum, n) => sum + n, 0)).toBe(240);
    });
  });
}

async function manifestOf(folder: string): Promise<DemoManifest> {
  return JSON.parse(await readFile(join(folder, 'demo.json'), 'utf8')) as DemoManifest;
}

async function sizeOf(path: string): Promise<number> {
  const entry = await stat(path);
  return entry.isFile() ? entry.size : 0;
}

async function countClasses(path: string, { columns, labels = [] }: DemoTask): Promise<number[]> {
  const { text = '', text_b, label = '' } = columns ?? {};
  const named = { text, label, ...(text_b !== undefined && { text_b }) };
  const { rows } = rowsOf(await readTable(path, new Blob([await readFile(path)])), named, labels);
  return labels.map((_, at) => rows.filter((row) => row.label === at).length);
}
