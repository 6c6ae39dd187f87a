import { bug } from '../errors.ts';
import type { Scratch } from '../scope/scopeArrays.ts';
import type { ScopeTensor } from '../scope/scopeTensor.ts';
import { asBytes } from '../tensor/release.ts';
import type { TensorReader } from '../tensor/tensorIndex.ts';

/** Values of a merged tensor that are kept as one, 8 MiB of them. */
export const madePiece = 2 ** 21;
const pieceBytes = 4 * madePiece;

const madeKey = (t: number, piece: number) => `made/${t}/${piece}`;

/** Keeps the values of merged tensor number `t` from `start` on, a multiple of `madePiece`. */
export async function putMade(
  scratch: Scratch,
  t: number,
  values: Float32Array<ArrayBuffer>,
  start = 0,
): Promise<void> {
  for (let from = 0; from < values.length; from += madePiece) {
    const bytes = asBytes(values.subarray(from, from + madePiece));
    await scratch.write(madeKey(t, (start + from) / madePiece), bytes);
  }
}

/** Reads the merged tensors, float32 by the base's names; one piece is in memory at a time. */
export function madeReader(scratch: Scratch, scope: readonly ScopeTensor[]): TensorReader {
  const numbers = new Map(scope.map(({ base }, t) => [base.name, t]));
  let last: { key: string; bytes: ReturnType<Scratch['read']> } | null = null;
  const pieceAt = async (name: string, at: number) => {
    const t = numbers.get(name);
    const key = t === undefined ? null : madeKey(t, Math.floor(at / pieceBytes));
    if (key !== null && last?.key !== key) last = { key, bytes: scratch.read(key) };
    const bytes = key === null ? null : await last?.bytes;
    if (!bytes || at % pieceBytes >= bytes.length) throw bug(`${name} was not made.`);
    return bytes.subarray(at % pieceBytes);
  };
  return {
    async read({ name }, start, end) {
      const out = new Uint8Array(end - start);
      for (let at = start; at < end;) {
        const bytes = (await pieceAt(name, at)).subarray(0, end - at);
        out.set(bytes, at - start);
        at += bytes.length;
      }
      return out;
    },
  };
}

/** The scratch without its end: what lies there outlasts those who work with it. */
export const lasting = (scratch: Scratch): Scratch => ({
  read: (key) => scratch.read(key),
  write: (key, bytes) => scratch.write(key, bytes),
  close: async () => undefined,
});
