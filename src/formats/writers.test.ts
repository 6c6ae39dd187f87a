import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bytesOf } from '../test/torchGoldens.ts';
import { openCheckpoints } from './open.ts';

/** What scripts/corpusWriters.py says of a folder: dtype, shape and SHA-256 by checkpoint and tensor, and what is told of the rest. */
interface Truth {
  models: Record<string, Record<string, unknown>>;
  told: string[];
  /** What the command that a refusal offers gives. */
  converted?: unknown;
}

const folder = new URL('writers/', import.meta.url);
const text = await readFile(new URL('truth.json', folder), 'utf8');
const truth = Object.entries(JSON.parse(text) as Record<string, Truth>);

async function open(name: string) {
  const root = new URL(`${name}/`, folder);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sources = files.map(async (entry) => {
    const path = relative(root.pathname, join(entry.parentPath, entry.name));
    return { path, blob: new Blob([new Uint8Array(await readFile(new URL(path, root)))]) };
  });
  const opened = await openCheckpoints(await Promise.all(sources), () => null);
  const models = opened.checkpoints.map(async ({ name, index, weightFiles }) => {
    const tensors = index.tensors.map(async (tensor) => {
      const hash = createHash('sha256').update(await bytesOf(weightFiles[tensor.file]!, tensor));
      return [tensor.name, [tensor.dtype, tensor.shape, hash.digest('hex')]] as const;
    });
    return [name, Object.fromEntries(await Promise.all(tensors))] as const;
  });
  return { models: Object.fromEntries(await Promise.all(models)), ...opened };
}

const commandOf = (message = '') => /python -c ".*"/.exec(message)?.[0];

describe('what another program wrote', () => {
  it.each(truth)('%s is read right, or told for what it is', async (name, wanted) => {
    const { models, problems, recipes } = await open(name);
    expect(models).toEqual(wanted.models);
    expect(recipes).toEqual([]);
    const told = problems.map(({ message }) => message);
    expect(told).toEqual(wanted.told.map((part) => expect.stringContaining(part)));
    for (const { path, message } of problems) expect(message).toContain(path);
  });

  it('comes with a command where one gives its arrays, which scripts/checkConversions.py tries', async () => {
    const commands: Record<string, string> = {};
    for (const [name, { converted }] of truth) {
      const command = commandOf((await open(name)).problems[0]?.message);
      if (converted !== undefined) expect(command, name).toBeDefined();
      if (command !== undefined) commands[name] = command;
    }
    await expect(`${JSON.stringify(commands, null, 2)}\n`).toMatchFileSnapshot(
      'writers/conversions.json',
    );
  });
});
