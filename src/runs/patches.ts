import { version } from '../../package.json';
import { bug, throwIfCancelled, unsupported } from '../errors.ts';
import { composePatch, type PatchTensor } from '../export/patch.ts';
import { composeShira, whyNoShira, type AdapterTensor } from '../export/shira.ts';
import { methodFor } from '../merge/methods/registry.ts';
import { planTensors } from '../merge/preflight.ts';
import { getCheckpoint, useCheckpoints, type StoredCheckpoint } from '../storage/checkpoints.ts';
import { createReader } from '../storage/reader.ts';
import { getPart } from '../storage/runs.ts';
import { widen } from '../tensor/convert.ts';
import { dtypeBits, isMergeable } from '../tensor/dtype.ts';
import { countElements, type TensorInfo, type TensorReader } from '../tensor/tensorIndex.ts';
import { withJob } from '../jobs/jobs.ts';
import { createMeter } from '../jobs/progress.ts';
import type { MergeRecord } from './runRecord.ts';
import { finishedRecord, recordOf } from './runs.ts';
import type { RunResult } from '../api/results.ts';
import type { EngineApi } from '../api/engine.ts';
import type { Progress } from '../api/progress.ts';

export const patch: EngineApi['patch'] = (job, runId, model, onProgress) =>
  withMask(job, runId, model, onProgress, ({ record, result, checkpoints, task, tensors }) => {
    const [base] = checkpoints;
    const given = checkpoints[model + 1]?.patch;
    return composePatch(`${fileName(task)}.patch.safetensors`, tensors, {
      base: base?.id ?? '',
      version,
      task: given?.task ?? task,
      settings: given?.settings ?? JSON.stringify(settingsOf(record, result, model)),
    });
  });

export const adapter: EngineApi['adapter'] = (job, runId, model, onProgress) =>
  withMask(job, runId, model, onProgress, async ({ checkpoints: [base], task, tensors }) => {
    const why = whyNoShira(base?.architecture ?? null, tensors);
    if (why !== null) throw unsupported(`${task}: ${why}`);
    const files = await composeShira(base?.name ?? '', tensors);
    return files.map(({ name, blob }) => ({ name: `${fileName(task)}/${name}`, blob }));
  });

export const whyNoAdapter: EngineApi['whyNoAdapter'] = async (runId) => {
  const { result, inputs, outputs } = await recordOf(runId);
  const architecture = (await getCheckpoint(inputs[0]?.id ?? ''))?.architecture ?? null;
  const stats = new Map(result?.tensors.map((each) => [each.name, each]));
  const tensors = outputs.flatMap(({ tensor: { name, shape, dtype } }) => {
    const found = stats.get(name);
    return found ? { ...found, shape, dtypes: [dtype] } : [];
  });
  for (const model of result?.models.keys() ?? []) {
    const held = tensors.map((each) => ({ ...each, kept: each.kept[model] ?? 0 }));
    const why = whyNoShira(architecture, held);
    if (why !== null) return why;
  }
  return null;
};

/** A model of a finished run, and the mask that the run stored. */
interface MaskedModel {
  record: MergeRecord;
  result: RunResult;
  /** The base first. */
  checkpoints: StoredCheckpoint[];
  task: string;
  tensors: AdapterTensor[];
}

/** Makes files of a model's mask, telling how much of it was read; throws Incompatible for an unfinished run. */
function withMask<T>(
  job: string,
  runId: string,
  model: number,
  onProgress: (progress: Progress) => void,
  compose: (masked: MaskedModel) => Promise<T>,
): Promise<T> {
  return withJob(job, async (signal) => {
    const record = await finishedRecord(runId);
    const { recipe, result, inputs } = record;
    const task = recipe.models[model]?.model;
    if (task === undefined) throw bug(`Run ${runId} has no model ${model}.`);
    const ids = inputs.slice(0, recipe.models.length + 1).map(({ id }) => id);
    return useCheckpoints(ids, (checkpoints) => {
      const tensors = maskTensors({ record, result, checkpoints, model });
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
      return compose({ record, result, checkpoints, task, tensors: watched });
    });
  });
}

/** The tensors of one model's mask, as the run stored it; values come from the model's checkpoint. */
function maskTensors({
  record: { id, recipe, outputs, chunkElements },
  result,
  checkpoints,
  model,
}: Omit<MaskedModel, 'task' | 'tensors'> & { model: number }): AdapterTensor[] {
  const method = methodFor(recipe);
  const [base, ...models] = checkpoints;
  const tuned = models[model];
  if (!method || !base || !tuned) throw bug(`Run ${id} has no model ${model}.`);
  const planned = planTensors(base, models, recipe.scope ?? method.defaultScope);
  const byName = new Map(planned.map((each) => [each.tensor.name, each.models[model]]));
  const stats = new Map(result.tensors.map((each) => [each.name, each]));
  const [baseReader, reader] = [createReader(base), createReader(tuned)];
  return outputs.flatMap(({ tensor, firstPart, endPart }) => {
    const { name, shape } = tensor;
    const info = byName.get(name);
    const found = stats.get(name);
    const kept = found?.kept[model] ?? 0;
    if (!info || !found || kept === 0) return [];
    const elements = countElements(tensor);
    const chunks = Array.from({ length: endPart - firstPart }, (_, i) => {
      const start = i * chunkElements;
      const here = Math.min(chunkElements, elements - start);
      const open = async () => {
        const words = Math.ceil(here / 32) * 4;
        const masks = await getPart(id, 'mask', firstPart + i);
        const row = await masks.slice(model * words, (model + 1) * words).arrayBuffer();
        const values = await readElements(reader, info, start, here);
        return { words: new Uint32Array(row), values };
      };
      return { start, elements: here, open };
    });
    const { layer, component } = found;
    const readBase = async (start: number, count: number) => {
      if (!isMergeable(tensor.dtype)) throw bug(`${name} is ${tensor.dtype}.`);
      const bytes = await readElements(baseReader, tensor, start, count);
      return new Float32Array(widen(bytes, tensor.dtype, 'F32').buffer);
    };
    return {
      name,
      dtype: info.dtype,
      elements,
      kept,
      chunks,
      shape,
      layer,
      component,
      dtypes: [tensor.dtype, info.dtype],
      readBase,
    };
  });
}

function readElements(reader: TensorReader, tensor: TensorInfo, start: number, elements: number) {
  const size = dtypeBits[tensor.dtype] / 8;
  return reader.read(tensor, start * size, (start + elements) * size);
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

/** A file name for a task, whose name may hold folders or what systems refuse. */
function fileName(task: string): string {
  return task.replace(/[^\p{L}\p{N}._-]+/gu, '-');
}
