import { badFile } from '../errors.ts';
import { formatShardIndex, shardName } from '../formats/shardIndex.ts';
import {
  inLibraryOrder,
  writeSafetensorsHeader,
  type TensorToWrite,
} from '../formats/writeSafetensors.ts';

/** One tensor to write; `open` gives its bytes as a Blob that is read only when it is saved. */
export interface TensorSource extends TensorToWrite {
  bytes: number;
  open(): Promise<Blob>;
}

/** A file made of Blobs that lie in storage: saving streams it, memory holds the header alone. */
export interface ComposedFile {
  name: string;
  blob: Blob;
}

/** The weights as one safetensors file, or as shards of at most `shardBytes` (a larger tensor alone) with their index; `stem` names them. */
export async function composeWeights(
  tensors: readonly TensorSource[],
  metadata: Readonly<Record<string, string>>,
  shardBytes: number,
  stem = 'model',
): Promise<ComposedFile[]> {
  const shards = splitShards(inLibraryOrder(tensors), shardBytes);
  const [only, ...more] = shards;
  if (only && more.length === 0) return [await composeFile(`${stem}.safetensors`, only, metadata)];
  const files = await Promise.all(
    shards.map((shard, i) => composeFile(shardName(i + 1, shards.length, stem), shard, metadata)),
  );
  const total = tensors.reduce((sum, { bytes }) => sum + bytes, 0);
  const index = formatShardIndex(
    files.map(({ name }, i) => ({ name, tensors: (shards[i] ?? []).map((each) => each.name) })),
    total,
  );
  return [...files, { name: `${stem}.safetensors.index.json`, blob: new Blob([index]) }];
}

/** Under which name a library finds weights in a folder whose files had this one, without ending. */
export function outputStem(file: string): string {
  return file.startsWith('diffusion_pytorch_model') ? 'diffusion_pytorch_model' : 'model';
}

function splitShards(tensors: readonly TensorSource[], shardBytes: number): TensorSource[][] {
  let shard: TensorSource[] = [];
  let size = 0;
  const shards = [shard];
  for (const tensor of tensors) {
    if (shard.length > 0 && size + tensor.bytes > shardBytes) {
      shards.push((shard = []));
      size = 0;
    }
    shard.push(tensor);
    size += tensor.bytes;
  }
  return shards;
}

async function composeFile(
  name: string,
  tensors: readonly TensorSource[],
  metadata: Readonly<Record<string, string>>,
): Promise<ComposedFile> {
  const blobs = tensors.map(async (tensor) => {
    const blob = await tensor.open();
    if (blob.size === tensor.bytes) return { ...tensor, blob };
    throw badFile(
      `The stored result is damaged: ${blob.size} of ${tensor.bytes} bytes are there of the tensor ${tensor.name}. Delete the result and merge again.`,
    );
  });
  return composePieces(name, await Promise.all(blobs), metadata);
}

/** A tensor whose bytes are at hand. */
export interface Piece extends TensorToWrite {
  blob: Blob;
}

/** A safetensors file of these tensors. */
export function composePieces(
  name: string,
  pieces: readonly Piece[],
  metadata: Readonly<Record<string, string>>,
): ComposedFile {
  const ordered = inLibraryOrder(pieces);
  const header = writeSafetensorsHeader(ordered, metadata);
  return { name, blob: new Blob([header, ...ordered.map(({ blob }) => blob)]) };
}
