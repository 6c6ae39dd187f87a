import { version } from '../../package.json';
import { bug, throwIfCancelled, unsupported } from '../errors.ts';
import { composePatch } from '../export/patch.ts';
import { composeShira, whyNoShira, type AdapterTensor } from '../export/shira.ts';
import { methodFor } from '../merge/methods/registry.ts';
import { planTensors } from '../merge/preflight.ts';
import { tensorRules } from '../merge/tensorRules.ts';
import { readF32Range } from '../models/readF32.ts';
import { findCheckpoint } from '../library/adapters.ts';
import type { StoredCheckpoint } from '../storage/checkpoints.ts';
import { createReader } from '../storage/reader.ts';
import { openParts } from '../storage/runs.ts';
import { dtypeBits } from '../tensor/dtype.ts';
import { countElements } from '../tensor/tensorIndex.ts';
import { withJob } from '../jobs/jobs.ts';
import { createMeter } from '../jobs/progress.ts';
import { fileNames } from './fileNames.ts';
import type { OutputPlace } from './runRecord.ts';
import { recordOf, useFinished, type FinishedRecord } from './runs.ts';
import type { EngineApi } from '../api/engine.ts';
import type { Progress } from '../api/progress.ts';

export const patch: EngineApi['patch'] = (job, runId, model, onProgress) =>
  withMask(job, runId, model, onProgress, ({ record, checkpoints, task, fileName, tensors }) => {
    const [base] = checkpoints;
    const given = checkpoints[model + 1]?.patch;
    return composePatch(`${fileName}.patch.safetensors`, tensors, {
      base: base?.id ?? '',
      version,
      task: given?.task ?? task,
      settings: given?.settings ?? JSON.stringify(settingsOf(record, model)),
    });
  });

export const adapter: EngineApi['adapter'] = (job, runId, model, onProgress) =>
  withMask(
    job,
    runId,
    model,
    onProgress,
    async ({ checkpoints: [base], task, fileName, tensors }) => {
      const why = whyNoShira(base?.architecture ?? null, tensors);
      if (why !== null) throw unsupported(`${task}: ${why}`);
      const files = await composeShira(base?.name ?? '', tensors);
      return files.map(({ name, blob }) => ({ name: `${fileName}/${name}`, blob }));
    },
  );

export const whyNoAdapter: EngineApi['whyNoAdapter'] = async (runId) => {
  const { result, inputs, outputs } = await recordOf(runId);
  const architecture = (await findCheckpoint(inputs[0]?.id ?? ''))?.architecture ?? null;
  const stats = new Map(result?.tensors.map((each) => [each.name, each]));
  const tensors = outputs.flatMap(({ tensor: { name, shape, dtype }, rows }) => {
    const found = isBeyond(rows) ? undefined : stats.get(name);
    return found ? { ...found, shape, dtypes: [dtype] } : [];
  });
  for (const model of result?.models.keys() ?? []) {
    const held = tensors.map((each) => ({ ...each, kept: each.kept[model] ?? 0 }));
    const why = whyNoShira(architecture, held);
    if (why !== null) return why;
  }
  return null;
};

/** Whether these rows have no mask. */
const isBeyond = (rows: OutputPlace['rows']) => rows === 'rest' || rows === 'new';

/** A model of a finished run, and the mask that the run stored. */
interface MaskedModel {
  record: FinishedRecord;
  /** The base first. */
  checkpoints: StoredCheckpoint[];
  task: string;
  /** Of the files that are made of it, without an ending. */
  fileName: string;
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
  return withJob(job, (signal) =>
    useFinished(runId, (record, checkpoints) => {
      const tasks = record.recipe.models.map((each) => each.model);
      const [task, fileName] = [tasks[model], fileNames(tasks)[model]];
      if (task === undefined || fileName === undefined)
        throw bug(`Run ${runId} has no model ${model}.`);
      const meter = createMeter(onProgress);
      let done = 0;
      const tensors = maskTensors(record, checkpoints, model, async (tensor, read) => {
        throwIfCancelled(signal);
        const opened = await read();
        meter('Picking weights', (done += opened.values.byteLength), total, tensor);
        return opened;
      });
      const total = tensors.reduce(
        (sum, { elements, dtype }) => sum + (elements * dtypeBits[dtype]) / 8,
        0,
      );
      return compose({ record, checkpoints, task, fileName, tensors });
    }),
  );
}

type MaskedChunk = Awaited<ReturnType<AdapterTensor['chunks'][number]['open']>>;

/** The tensors of one model's mask, as the run stored it; values come from the model's checkpoint, each read `watched`. */
function maskTensors(
  { id, recipe, outputs, chunkElements, result }: FinishedRecord,
  checkpoints: readonly StoredCheckpoint[],
  model: number,
  watched: (tensor: string, read: () => Promise<MaskedChunk>) => Promise<MaskedChunk>,
): AdapterTensor[] {
  const method = methodFor(recipe);
  const [base, ...models] = checkpoints;
  const tuned = models[model];
  if (!method || !base || !tuned) throw bug(`Run ${id} has no model ${model}.`);
  const planned = planTensors(base, models, ...tensorRules(recipe, method));
  const merged = planned.filter(({ fate }) => fate === 'merged');
  const byName = new Map(merged.map((each) => [each.tensor.name, each.models[model]]));
  const stats = new Map(result.tensors.map((each) => [each.name, each]));
  // A patch holds weights of tensors that the base stores.
  const stored = new Set(base.index.tensors.map(({ name }) => name));
  const [baseReader, reader] = [createReader(base), createReader(tuned)];
  const partOf = openParts(id, 'mask');
  return outputs.flatMap(({ tensor, firstPart, endPart, rows }) => {
    const { name, shape } = tensor;
    const info = byName.get(name);
    const found = stats.get(name);
    const kept = found?.kept[model] ?? 0;
    if (!info || !found || kept === 0 || isBeyond(rows) || !stored.has(name)) return [];
    const { layer, component } = found;
    const { dtype } = info;
    const elements = countElements(tensor);
    const size = dtypeBits[dtype] / 8;
    const chunks = Array.from({ length: endPart - firstPart }, (_, i) => {
      const start = i * chunkElements;
      const here = Math.min(chunkElements, elements - start);
      const read = async () => {
        const words = Math.ceil(here / 32) * 4;
        const masks = await partOf(firstPart + i);
        const row = await masks.slice(model * words, (model + 1) * words).arrayBuffer();
        const values = await reader.read(info, start * size, (start + here) * size);
        return { words: new Uint32Array(row), values };
      };
      return { start, elements: here, open: () => watched(name, read) };
    });
    const dtypes = [tensor.dtype, dtype];
    const readBase = (start: number, count: number) =>
      readF32Range(baseReader, tensor, start, start + count);
    return { name, dtype, elements, kept, chunks, shape, layer, component, dtypes, readBase };
  });
}

function settingsOf({ recipe, result: { density, localized } }: FinishedRecord, model: number) {
  const name = recipe.models[model]?.model;
  const found = localized.find((each) => each.model === name);
  const { preset: _, ...settings } = recipe.localize ?? { preset: '' };
  return {
    localizer: found?.preset ?? 'dataless',
    density: density[model] ?? 0,
    ...(found && settings),
  };
}
