import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const goldens = join(root, 'src/merge/goldens');

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the command line to its end. */
export function headless(...args: string[]): Promise<Ended> {
  const child = spawn('node', ['scripts/headless.js', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => (stdout += data));
  child.stderr.on('data', (data) => (stderr += data));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** Dtype, shape and bytes (as hex) of every tensor of a small safetensors file. */
export async function readTensors(path: string): Promise<Record<string, unknown>> {
  const bytes = await readFile(path);
  const start = 8 + Number(bytes.readBigUInt64LE());
  const header: Record<string, Entry> = JSON.parse(bytes.toString('utf8', 8, start));
  const tensors = Object.entries(header).filter(([name]) => name !== '__metadata__');
  return Object.fromEntries(
    tensors.map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => [name, { dtype, shape, hex: bytes.toString('hex', start + from, start + to) }],
    ),
  );
}

interface Case {
  set: string;
  case: string;
  recipe: { merge_method: string; models: { model: string }[] };
  stats: { parameters: object; kept: number[] };
}

/** A golden recipe and the counts that numpy came to. */
export async function goldenCase(set: string, name: string): Promise<Case> {
  const cases: Case[] = JSON.parse(await readFile(join(goldens, 'cases.json'), 'utf8'));
  const found = cases.find((each) => each.set === set && each.case === name);
  if (!found) throw new Error(`There is no golden ${set} ${name}.`);
  return found;
}

/** Merges a golden recipe from the command line and compares bytes and counts with the reference's. */
export async function expectMerge(set: string, name: string): Promise<void> {
  const info = test.info();
  const golden = await goldenCase(set, name);
  const recipe = info.outputPath('recipe.yml');
  const out = info.outputPath('merged');
  await mkdir(info.outputDir, { recursive: true });
  await writeFile(recipe, JSON.stringify(golden.recipe));
  const ended = await headless(recipe, '--models', join(goldens, golden.set), '--out', out);
  expect(ended.code, ended.stderr).toBe(0);

  const report = JSON.parse(ended.stdout.trim().split('\n').at(-1) ?? '');
  expect(report).toMatchObject({
    method: golden.recipe.merge_method,
    parameters: golden.stats.parameters,
    seconds: { ingest: expect.any(Number), merge: expect.any(Number), save: expect.any(Number) },
    adapter: expect.any(String),
  });
  expect(report.peakMemoryBytes).toBeGreaterThan(10e6);
  expect(Object.keys(report.density)).toEqual(golden.recipe.models.map(({ model }) => model));
  expect(report.outputs).toContain(join(out, 'model.safetensors'));
  expect((await readdir(out)).map((name) => join(out, name)).sort()).toEqual(
    [...report.outputs].sort(),
  );
  expect(await readTensors(join(out, 'model.safetensors'))).toEqual(
    await readTensors(join(goldens, golden.set, `${golden.case}.safetensors`)),
  );
}
