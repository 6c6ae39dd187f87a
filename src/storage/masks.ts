import { badFile } from '../errors.ts';
import { read, write } from './db.ts';
import { formatBytes, withRoom } from './quota.ts';

/** What a mask is made of and how it came about; settings are plain JSON. */
export interface MaskFacts {
  /** SHA-256, hex, over all that determines the mask. */
  id: string;
  /** Content ids of the checkpoints whose difference it picks from. */
  base: string;
  tuned: string;
  preset: string;
  settings: object;
  /** Elements of its scope, and positions held. */
  scope: number;
  kept: number;
  steps: number;
  losses: number[];
  seconds: number;
  notes: string[];
}

/** A mask found with data: bit k of word w of a tensor's words is element 32w + k. */
export interface StoredMask extends MaskFacts {
  /** Words [start, end) of each tensor that holds any, by its name in the base. */
  tensors: readonly { name: string; start: number; end: number }[];
  words: Blob;
  /** Milliseconds since 1970. */
  madeAt: number;
}

/** Stores a mask under its id; throws QuotaFull. */
export async function putMask(
  facts: MaskFacts,
  words: ReadonlyMap<string, Uint32Array<ArrayBuffer>>,
): Promise<StoredMask> {
  let end = 0;
  const tensors = [...words].map(([name, { length }]) => {
    const start = end;
    end += length;
    return { name, start, end };
  });
  const blob = new Blob([...words.values()]);
  const mask: StoredMask = { ...facts, tensors, words: blob, madeAt: Date.now() };
  await withRoom('a mask', `It needs ${formatBytes(blob.size)}.`, () =>
    write({ put: [[['mask', facts.id], mask]] }),
  );
  return mask;
}

/** The mask of this id, undefined when none is stored. */
export function getMask(id: string): Promise<StoredMask | undefined> {
  return read<StoredMask>(['mask', id]);
}

/** Words [from, to) of a tensor's mask, counted from the tensor's first; zeros where it has none. */
export async function readMaskWords(
  { id, tensors, words }: StoredMask,
  name: string,
  from: number,
  to: number,
): Promise<Uint32Array<ArrayBuffer>> {
  const found = tensors.find((each) => each.name === name);
  if (!found) return new Uint32Array(to - from);
  const [start, end] = [found.start + from, found.start + to];
  const bytes = end <= found.end ? await words.slice(4 * start, 4 * end).arrayBuffer() : null;
  if (bytes?.byteLength === 4 * (to - from)) return new Uint32Array(bytes);
  throw badFile(
    `The stored mask ${id.slice(0, 12)}… is damaged at ${name}. Delete its checkpoint, add it again, and localize anew.`,
  );
}
