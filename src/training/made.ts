import { AppError } from '../errors.ts';
import type { Scratch } from '../localize/arrays.ts';
import type { ScopeTensor } from '../localize/localize.ts';
import { asBytes } from '../tensor/release.ts';
import type { TensorReader } from '../tensor/tensorIndex.ts';
import { madeKey } from './learner.ts';

/** Keeps merged tensor number `t` of the scope. */
export async function putMade(
  scratch: Scratch,
  t: number,
  values: Float32Array<ArrayBuffer>,
): Promise<void> {
  await scratch.write(madeKey(t), asBytes(new Uint32Array(values.buffer)));
}

/** Reads the merged tensors, float32 by the base's names; one of them is in memory at a time. */
export function madeReader(scratch: Scratch, scope: readonly ScopeTensor[]): TensorReader {
  const numbers = new Map(scope.map(({ base }, t) => [base.name, t]));
  let last: { name: string; bytes: Promise<Uint8Array<ArrayBuffer> | null> } | null = null;
  return {
    async read({ name }, start, end) {
      const t = numbers.get(name);
      if (last?.name !== name)
        last = { name, bytes: t === undefined ? Promise.resolve(null) : scratch.read(madeKey(t)) };
      const bytes = await last.bytes;
      if (!bytes) throw new AppError('Bug', `${name} was not made.`);
      return bytes.slice(start, end);
    },
  };
}

/** The scratch without its end: what lies there outlasts those who work with it. */
export const lasting = (scratch: Scratch): Scratch => ({
  read: (key) => scratch.read(key),
  write: (key, bytes) => scratch.write(key, bytes),
  close: async () => undefined,
});
