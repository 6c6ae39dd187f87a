import { AppError } from '../errors.ts';
import { hasLineage } from '../export/lineage.ts';
import type { OpenedCheckpoint } from '../formats/checkpoint.ts';
import { openCheckpoints } from '../formats/open.ts';
import { preflight } from '../merge/preflight.ts';
import { methodOf } from '../merge/methods/registry.ts';
import { architectureOf, identifyArchitecture } from '../models/registry.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { getCheckpoint, listCheckpoints, type StoredCheckpoint } from '../storage/checkpoints.ts';
import { ingest } from '../storage/ingest.ts';
import { resumableBytes } from '../storage/journal.ts';
import { countElements, tensorBytes, type TensorIndex } from '../tensor/tensorIndex.ts';
import { dtypesOf } from './dtypesOf.ts';
import { familyOf } from './family.ts';
import { withJob } from './jobs.ts';
import { createMeter } from './progress.ts';
import type { CheckpointSummary, InspectResult, WorkerApi } from './types.ts';

/** Dropped checkpoints that wait for their copy, by the key the page knows them by. */
let candidates = new Map<string, OpenedCheckpoint>();

export async function inspect(sources: { path: string; file: File }[]): Promise<InspectResult> {
  const files = sources.map(({ path, file }) => ({ path, blob: file }));
  const { checkpoints, problems, recipes } = await openCheckpoints(files, identifyArchitecture);
  candidates = new Map(checkpoints.map((opened) => [crypto.randomUUID(), opened]));
  const described = [...candidates].map(async ([key, opened]) => ({
    key,
    name: opened.name,
    ...describe(opened),
    resumableBytes: await resumableBytes(opened),
    notes: [...(opened.notes ?? [])],
  }));
  return { candidates: await Promise.all(described), problems, recipes };
}

export const preflightOf: WorkerApi['preflight'] = async (base, models, recipe) => {
  const scope = recipe?.scope ?? methodOf(recipe?.merge_method ?? '')?.defaultScope ?? 'blocks';
  const [header, ...headers] = await Promise.all([base, ...models].map(headerOf));
  if (!header) throw new AppError('Bug', 'A preflight needs a base.');
  return preflight(header, headers, scope);
};

export const ingestCandidate: WorkerApi['ingest'] = (job, key, onProgress) =>
  withJob(job, (signal) => {
    const meter = createMeter(onProgress);
    return ingest(candidateOf(key), {
      signal,
      onProgress: ({ doneBytes, totalBytes, file }) =>
        meter('Copying', doneBytes, totalBytes, file),
    });
  });

export async function library(): Promise<CheckpointSummary[]> {
  return (await listCheckpoints()).map((stored) => ({
    id: stored.id,
    name: stored.name,
    ...describe(stored),
    tensors: stored.index.tensors.length,
    sideFiles: stored.sideFiles.map(({ path }) => path),
    addedAt: stored.addedAt,
  }));
}

export const tensors: WorkerApi['tensors'] = async (id) => {
  const { index } = await storedCheckpoint(id);
  return index.tensors.map(({ name, dtype, shape }) => ({
    ...{ name, dtype },
    shape: [...shape],
    bytes: tensorBytes({ dtype, shape }),
  }));
};

export const family: WorkerApi['family'] = async (keyOrId) =>
  familyOf((await headerOf(keyOrId)).index.metadata);

/** The checkpoints a recipe names, base first; throws Incompatible with the names the library lacks. */
export async function checkpointsOf(recipe: Recipe): Promise<StoredCheckpoint[]> {
  const all = await listCheckpoints();
  const names = [recipe.base_model, ...recipe.models.map(({ model }) => model)];
  const found = names.map(
    (name) => all.find((each) => each.name === name) ?? all.find((each) => each.id === name),
  );
  const absent = names.filter((_, i) => !found[i]);
  if (absent.length > 0)
    throw new AppError(
      'Incompatible',
      `The library has no checkpoint named ${absent.map((name) => `“${name}”`).join(', ')}. Add its files, or change the name in the recipe.`,
    );
  return found.filter((each) => each !== undefined);
}

function describe({ architecture, index }: { architecture: string | null; index: TensorIndex }) {
  const known = architectureOf(architecture);
  return {
    architecture: known && { id: known.id, label: known.label },
    parameters: index.tensors.reduce((sum, tensor) => sum + countElements(tensor), 0),
    dtypes: dtypesOf(index),
    bytes: index.files.reduce((sum, { bytes }) => sum + bytes, 0),
    merged: hasLineage(index.metadata),
  };
}

function candidateOf(key: string): OpenedCheckpoint {
  const opened = candidates.get(key);
  if (!opened)
    throw new AppError('Bug', 'That checkpoint is no longer on the table. Open it again.');
  return opened;
}

async function headerOf(keyOrId: string) {
  return candidates.get(keyOrId) ?? storedCheckpoint(keyOrId);
}

async function storedCheckpoint(id: string): Promise<StoredCheckpoint> {
  const stored = await getCheckpoint(id);
  if (!stored)
    throw new AppError('Incompatible', 'That checkpoint was deleted. Add its files again.');
  return stored;
}
