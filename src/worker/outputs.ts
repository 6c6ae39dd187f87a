import { lineageMetadata } from '../export/lineage.ts';
import { composeWeights } from '../export/outputFiles.ts';
import { useCheckpoints } from '../storage/checkpoints.ts';
import { createFileReader } from '../storage/reader.ts';
import { getPart } from '../storage/runs.ts';
import { tensorBytes } from '../tensor/tensorIndex.ts';
import { companions } from './companions.ts';
import { recordOf } from './runs.ts';
import type { WorkerApi } from './types.ts';

export const outputs: WorkerApi['outputs'] = async (runId, { layout, shardBytes }) => {
  const record = await recordOf(runId);
  const { recipe, inputs, outputs } = record;
  const [base] = inputs;
  return useCheckpoints(base ? [base.id] : [], async (checkpoints) => {
    const readers = checkpoints.map(createFileReader);
    const tensors = outputs.map(({ tensor, dtype, firstPart, endPart }) => ({
      ...{ name: tensor.name, shape: tensor.shape, dtype },
      bytes: tensorBytes({ ...tensor, dtype }),
      async open(): Promise<Blob> {
        if (firstPart === endPart) return (await readers[0]?.tensorBlob(tensor)) ?? new Blob();
        const numbers = Array.from({ length: endPart - firstPart }, (_, i) => firstPart + i);
        return new Blob(await Promise.all(numbers.map((part) => getPart(runId, 'out', part))));
      },
    }));
    const metadata = {
      format: 'pt',
      ...lineageMetadata(recipe, inputs),
    };
    const weights = await composeWeights(
      tensors,
      metadata,
      layout === 'shards' ? shardBytes : Infinity,
    );
    const [stored] = checkpoints;
    return [...weights, ...(stored ? await companions(record, stored, weights.length > 1) : [])];
  });
};
