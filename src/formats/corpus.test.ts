import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { bytesOf } from '../test/torchGoldens.ts';
import { openCheckpoints } from './open.ts';

/** What scripts/corpusPytorch.py says that a file holds: dtype, shape and SHA-256 by tensor, or why it is refused. */
interface Truth {
  models?: { part?: string; notes?: string[]; tensors: Record<string, unknown> }[];
  refusal?: string;
  /** What the command that the refusal offers gives. */
  converted?: unknown;
}

const folder = new URL('corpus/', import.meta.url);
const text = await readFile(new URL('truth.json', folder), 'utf8');
const truth = Object.entries(JSON.parse(text) as Record<string, Truth>);

async function open(path: string) {
  const blob = new Blob([new Uint8Array(await readFile(new URL(path, folder)))]);
  const { checkpoints, problems } = await openCheckpoints([{ path, blob }], () => null);
  const models = checkpoints.map(async ({ part, notes, index, weightFiles: [file] }) => {
    const tensors = index.tensors.map(async (tensor) => {
      const hash = createHash('sha256').update(await bytesOf(file!, tensor));
      return [tensor.name, [tensor.dtype, tensor.shape, hash.digest('hex')]] as const;
    });
    return { part, notes, tensors: Object.fromEntries(await Promise.all(tensors)) };
  });
  return { models: await Promise.all(models), messages: problems.map(({ message }) => message) };
}

const commandOf = (message = '') => /python -c ".*"/.exec(message)?.[0];

describe('a file of the corpus', () => {
  it.each(truth)('%s is read right, or told for what it is', async (path, { models, refusal }) => {
    const opened = await open(path);
    if (refusal === undefined) {
      expect(opened.messages).toEqual([]);
      const wanted = (models ?? []).map(({ notes, ...model }, at) => {
        if (notes) expect(opened.models[at]?.notes).toEqual(notes);
        return model;
      });
      const found = opened.models.map(({ part, tensors }) => ({ ...(part && { part }), tensors }));
      expect(found).toEqual(wanted);
      return;
    }
    expect(opened.models).toEqual([]);
    expect(opened.messages).toHaveLength(1);
    expect(opened.messages[0]).toContain(`${path} `.slice(0, -1));
    expect(opened.messages[0]).toContain(refusal);
  });

  it('offers a command where one gives its weights, which scripts/checkConversions.py tries', async () => {
    const commands: Record<string, string> = {};
    for (const [path, { refusal, converted }] of truth) {
      if (refusal === undefined) continue;
      const command = commandOf((await open(path)).messages[0]);
      if (converted !== undefined) expect(command, path).toBeDefined();
      if (command !== undefined) commands[path] = command;
    }
    await expect(`${JSON.stringify(commands, null, 2)}\n`).toMatchFileSnapshot(
      'corpus/conversions.json',
    );
  });
});
