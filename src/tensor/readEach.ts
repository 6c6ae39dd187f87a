import { tensorBytes, type TensorInfo, type TensorReader } from './tensorIndex.ts';

/** The bytes of tensors, one after the other, each of a read of its own. */
export async function readEach(
  reader: Pick<TensorReader, 'read'>,
  tensors: readonly TensorInfo[],
): Promise<Uint8Array<ArrayBuffer>> {
  const all = new Uint8Array(tensors.reduce((sum, tensor) => sum + tensorBytes(tensor), 0));
  let end = 0;
  const reads = tensors.map(async (tensor) => {
    const at = end;
    end += tensorBytes(tensor);
    all.set(await reader.read(tensor, 0, tensorBytes(tensor)), at);
  });
  await Promise.all(reads);
  return all;
}
