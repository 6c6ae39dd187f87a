import { architectureOf } from '../models/registry.ts';
import { tensorBytes, type TensorInfo, type TensorReader } from '../tensor/tensorIndex.ts';

const windowBytes = 2 ** 22;

/**
 * Tensors of a base that repeat, byte by byte, one that they are tied to, with that one's name. Models that store it once
 * merge it alone; were the copy left as it is, transformers would take it for a head of its own.
 */
export async function tiedCopies(
  { architecture, tensors }: { architecture: string | null; tensors: readonly TensorInfo[] },
  config: Readonly<Record<string, unknown>>,
  reader: TensorReader,
): Promise<ReadonlyMap<string, string>> {
  const copies = new Map<string, string>();
  if (config.tie_word_embeddings === false) return copies;
  const ending = (end: string) =>
    tensors.find(({ name }) => name === end || name.endsWith(`.${end}`));
  for (const pair of architectureOf(architecture)?.tied ?? []) {
    const [copy, source] = [ending(pair.name), ending(pair.to)];
    if (copy && source && (await sameBytes(copy, source, reader)))
      copies.set(copy.name, source.name);
  }
  return copies;
}

async function sameBytes(a: TensorInfo, b: TensorInfo, reader: TensorReader): Promise<boolean> {
  if (a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) return false;
  const bytes = tensorBytes(a);
  for (let start = 0; start < bytes; start += windowBytes) {
    const end = Math.min(bytes, start + windowBytes);
    const [ours, theirs] = await Promise.all([a, b].map((each) => reader.read(each, start, end)));
    if (!ours?.every((byte, at) => byte === theirs?.[at])) return false;
  }
  return true;
}
