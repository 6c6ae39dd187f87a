import { lineageMetadata } from '../export/lineage.ts';
import { composeWeights, outputStem, type ComposedFile } from '../export/outputFiles.ts';
import { folderOf, nameOf } from '../formats/fileRoles.ts';
import type { StoredCheckpoint } from '../storage/checkpoints.ts';
import { createBlobReader } from '../storage/reader.ts';
import { openParts } from '../storage/runs.ts';
import { byPart, prefixOf } from '../tensor/modelParts.ts';
import { tensorBytes } from '../tensor/tensorIndex.ts';
import { companions } from './companions.ts';
import type { OutputPlace } from './runRecord.ts';
import { recordOf } from './runs.ts';
import { useStanding } from '../library/adapters.ts';
import { repeatsOf } from '../library/ties.ts';
import type { EngineApi } from '../api/engine.ts';

export const outputs: EngineApi['outputs'] = async (runId, { layout, shardBytes }) => {
  const record = await recordOf(runId);
  const { recipe, inputs, outputs, untied } = record;
  const [base] = inputs;
  const wordy = record.words && inputs[record.words.model + 1];
  const ids = [base, wordy].flatMap((each) => each?.id ?? []);
  return useStanding(ids, async ([stored, words]) => {
    const reader = stored && createBlobReader(stored);
    // Runs of earlier versions do not tell what follows what.
    const copies = stored && !untied ? await repeatsOf(stored) : null;
    const partOf = openParts(runId, 'out');
    const places = new Map<string, OutputPlace[]>();
    for (const place of outputs) {
      const { name } = place.tensor;
      places.set(name, [...(places.get(name) ?? []), place]);
    }
    const tensors = [...places].map(([name, own]) => {
      const [{ follows = copies?.get(name) ?? name } = {}] = own;
      const pieces = places.get(follows) ?? own;
      const { dtype, tensor } = pieces[0]!;
      const rows = pieces.reduce((sum, { tensor: { shape } }) => sum + (shape[0] ?? 1), 0);
      const shape = pieces.length > 1 ? [rows, ...tensor.shape.slice(1)] : tensor.shape;
      const blobsOf = async ({ tensor, firstPart, endPart }: OutputPlace): Promise<Blob[]> => {
        if (firstPart === endPart) return [(await reader?.tensorBlob(tensor)) ?? new Blob()];
        const parts: Blob[] = [];
        for (let part = firstPart; part < endPart; part++) parts.push(await partOf(part));
        return parts;
      };
      return {
        ...{ name, shape, dtype, bytes: tensorBytes({ shape, dtype }) },
        async open(): Promise<Blob> {
          const blobs: Blob[] = [];
          for (const piece of pieces) blobs.push(...(await blobsOf(piece)));
          return new Blob(blobs);
        },
      };
    });
    const metadata = { format: 'pt', ...lineageMetadata(recipe, inputs) };
    const mostBytes = layout === 'shards' ? shardBytes : Infinity;
    const weights: ComposedFile[] = [];
    for (const { part, tensors: own } of byPart(stored ?? { architecture: null }, tensors)) {
      const stem = outputStem(stored ? fileIn(stored, part.path) : '');
      const files = await composeWeights(own, metadata, mostBytes, stem);
      weights.push(...files.map(({ name, blob }) => ({ name: prefixOf(part) + name, blob })));
    }
    const names = weights.map(({ name }) => name);
    return [...weights, ...(stored ? await companions(record, stored, names, words) : [])];
  });
};

/** The name of a weight file in the folder of a part; of an adapter's base. */
function fileIn({ laid, index }: StoredCheckpoint, part: string): string {
  if (laid) return fileIn(laid.on, part);
  return nameOf(index.files.find(({ name }) => folderOf(name) === part)?.name ?? '');
}
