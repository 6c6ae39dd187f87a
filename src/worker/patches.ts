import { version } from '../../package.json';
import { AppError, throwIfCancelled } from '../errors.ts';
import { composePatch, type PatchTensor } from '../export/patch.ts';
import { methodOf } from '../merge/methods/registry.ts';
import { planTensors } from '../merge/preflight.ts';
import { useCheckpoints, type StoredCheckpoint } from '../storage/checkpoints.ts';
import { createReader } from '../storage/reader.ts';
import { getPart } from '../storage/runs.ts';
import { dtypeBits } from '../tensor/dtype.ts';
import { countElements } from '../tensor/tensorIndex.ts';
import { withJob } from './jobs.ts';
import { createMeter } from './progress.ts';
import type { MergeRecord } from './runRecord.ts';
import { recordOf } from './runs.ts';
import type { RunResult } from './resultTypes.ts';
import type { WorkerApi } from './types.ts';

export const patch: WorkerApi['patch'] = (job, runId, model, onProgress) =>
  withJob(job, async (signal) => {
    const record = await recordOf(runId);
    const { recipe, result, inputs } = record;
    const task = recipe.models[model]?.model;
    if (!result || task === undefined)
      throw new AppError('Incompatible', 'That run has not finished. Resume it first.');
    const ids = inputs.slice(0, recipe.models.length + 1).map(({ id }) => id);
    return useCheckpoints(ids, (checkpoints) => {
      const given = checkpoints[model + 1]?.patch;
      const tensors = patchTensors({ record, result, checkpoints, model });
      const bytes = ({ elements, dtype }: { elements: number; dtype: PatchTensor['dtype'] }) =>
        (elements * dtypeBits[dtype]) / 8;
      const total = tensors.reduce((sum, tensor) => sum + bytes(tensor), 0);
      const meter = createMeter(onProgress);
      let done = 0;
      const watched = tensors.map((tensor) => ({
        ...tensor,
        chunks: tensor.chunks.map(({ open, ...chunk }) => ({
          ...chunk,
          open: async () => {
            throwIfCancelled(signal);
            const opened = await open();
            done += bytes({ elements: chunk.elements, dtype: tensor.dtype });
            meter('Picking weights', done, total, tensor.name);
            return opened;
          },
        })),
      }));
      return composePatch(patchName(task), watched, {
        ...{ base: ids[0] ?? '', version },
        task: given?.task ?? task,
        settings: given?.settings ?? JSON.stringify(settingsOf(record, result, model)),
      });
    });
  });

/** The tensors of one model's mask, as the run stored it; values come from the model's checkpoint. */
function patchTensors({
  record: { id, recipe, outputs, chunkElements },
  result,
  checkpoints,
  model,
}: {
  record: MergeRecord;
  result: RunResult;
  checkpoints: readonly StoredCheckpoint[];
  model: number;
}): PatchTensor[] {
  const method = methodOf(recipe.merge_method);
  const [base, ...models] = checkpoints;
  const tuned = models[model];
  if (!method || !base || !tuned) throw new AppError('Bug', `Run ${id} has no model ${model}.`);
  const planned = planTensors(base, models, recipe.scope ?? method.defaultScope);
  const byName = new Map(planned.map((each) => [each.tensor.name, each.models[model]]));
  const kept = new Map(result.tensors.map((each) => [each.name, each.kept[model] ?? 0]));
  const reader = createReader(tuned);
  return outputs.flatMap(({ tensor, firstPart, endPart }) => {
    const info = byName.get(tensor.name);
    const count = kept.get(tensor.name);
    if (!info || !count) return [];
    const elements = countElements(tensor);
    const size = dtypeBits[info.dtype] / 8;
    const chunks = Array.from({ length: endPart - firstPart }, (_, i) => {
      const start = i * chunkElements;
      const here = Math.min(chunkElements, elements - start);
      const open = async () => {
        const words = Math.ceil(here / 32) * 4;
        const masks = await getPart(id, 'mask', firstPart + i);
        const row = await masks.slice(model * words, (model + 1) * words).arrayBuffer();
        const values = await reader.read(info, start * size, (start + here) * size);
        return { words: new Uint32Array(row), values };
      };
      return { start, elements: here, open };
    });
    return { name: tensor.name, dtype: info.dtype, elements, kept: count, chunks };
  });
}

function settingsOf({ recipe }: MergeRecord, { density, localized }: RunResult, model: number) {
  const name = recipe.models[model]?.model;
  const found = localized.find((each) => each.model === name);
  const { preset: _, ...settings } = recipe.localize ?? { preset: '' };
  return {
    localizer: found?.preset ?? 'dataless',
    density: density[model] ?? 0,
    ...(found && settings),
  };
}

/** A file name for the patch of a task, whose name may hold folders or what systems refuse. */
function patchName(task: string): string {
  return `${task.replace(/[^\p{L}\p{N}._-]+/gu, '-')}.patch.safetensors`;
}
