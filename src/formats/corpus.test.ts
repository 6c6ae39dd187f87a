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

const bytesAt = async (path: string) => new Uint8Array(await readFile(new URL(path, folder)));

async function open(path: string) {
  const blob = new Blob([await bytesAt(path)]);
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

  it(
    'opens or is told of in one sentence, whatever byte of it is changed',
    { timeout: 30_000 },
    async () => {
      for (const [path, { models }] of truth) {
        if (!models) continue;
        const bytes = await bytesAt(path);
        for (let i = 0; i < bytes.length; i += Math.ceil(bytes.length / 8)) {
          const copy = bytes.slice();
          copy[i]! ^= 0x5a;
          const source = { path, blob: new Blob([copy]) };
          const { checkpoints, problems } = await openCheckpoints([source], () => null);
          const told = `${path}, byte ${i}`;
          if (checkpoints.length === 0) expect(problems, told).toHaveLength(1);
          else expect(problems, told).toEqual([]);
        }
      }
    },
  );

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
