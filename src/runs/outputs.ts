import { lineageMetadata } from '../export/lineage.ts';
import { composeWeights } from '../export/outputFiles.ts';
import type { StoredCheckpoint } from '../storage/checkpoints.ts';
import { createBlobReader } from '../storage/reader.ts';
import { openParts } from '../storage/runs.ts';
import { tensorBytes, type TensorReader } from '../tensor/tensorIndex.ts';
import { companions } from './companions.ts';
import { recordOf } from './runs.ts';
import { useStanding } from '../library/adapters.ts';
import { configText, parseConfig } from '../library/sideConfig.ts';
import { tiedCopies } from '../library/tiedCopies.ts';
import type { EngineApi } from '../api/engine.ts';

export const outputs: EngineApi['outputs'] = async (runId, { layout, shardBytes }) => {
  const record = await recordOf(runId);
  const { recipe, inputs, outputs } = record;
  const [base] = inputs;
  return useStanding(base ? [base.id] : [], async (checkpoints) => {
    const [stored] = checkpoints;
    const reader = stored && createBlobReader(stored);
    const copies = stored && reader ? await copiesIn(stored, reader) : null;
    const partOf = openParts(runId, 'out');
    const places = new Map(outputs.map((place) => [place.tensor.name, place]));
    const tensors = outputs.map((place) => ({
      name: place.tensor.name,
      shape: place.tensor.shape,
      dtype: place.dtype,
      bytes: tensorBytes({ ...place.tensor, dtype: place.dtype }),
      async open(): Promise<Blob> {
        const source = places.get(copies?.get(place.tensor.name) ?? '') ?? place;
        const { tensor, firstPart, endPart } = source;
        if (firstPart === endPart) return (await reader?.tensorBlob(tensor)) ?? new Blob();
        const parts: Blob[] = [];
        for (let part = firstPart; part < endPart; part++) parts.push(await partOf(part));
        return new Blob(parts);
      },
    }));
    const metadata = { format: 'pt', ...lineageMetadata(recipe, inputs) };
    const mostBytes = layout === 'shards' ? shardBytes : Infinity;
    const weights = await composeWeights(tensors, metadata, mostBytes);
    return [...weights, ...(stored ? await companions(record, stored, weights.length > 1) : [])];
  });
};

async function copiesIn(base: StoredCheckpoint, reader: TensorReader) {
  const { architecture, index, sideFiles } = base;
  const config = parseConfig(await configText(sideFiles));
  return tiedCopies({ architecture, tensors: index.tensors }, config, reader);
}
