import { readFile } from 'node:fs/promises';
import { gatherStrided } from '../tensor/gatherStrided.ts';
import { tensorBytes, type TensorInfo } from '../tensor/tensorIndex.ts';
import type { SourceFile } from '../formats/source.ts';

/** A file of formats/pytorch/goldens/, written by scripts/goldenPytorch.py. */
export async function goldenFile(name: string): Promise<SourceFile> {
  const bytes = await readFile(new URL(`../formats/pytorch/goldens/${name}`, import.meta.url));
  return { path: name, blob: new Blob([new Uint8Array(bytes)]) };
}

/** All bytes of a tensor in row-major order. */
export async function bytesOf({ blob }: SourceFile, tensor: TensorInfo): Promise<Uint8Array> {
  const { start } = tensor;
  const read = async (from: number, to: number) =>
    new Uint8Array(await blob.slice(start + from, start + to).arrayBuffer());
  const bytes = tensorBytes(tensor);
  return tensor.strides ? gatherStrided(tensor, 0, bytes, read) : read(0, bytes);
}
