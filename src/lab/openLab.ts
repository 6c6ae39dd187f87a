import { AppError, incompatible, throwIfCancelled, unsupported } from '../errors.ts';
import type { Tensors } from '../gpu/tensors.ts';
import { planTensors, untiedTensors, type PlannedTensor } from '../merge/preflight.ts';
import type { TaskData } from '../recipe/recipe.ts';
import type { StoredCheckpoint } from '../storage/checkpoints.ts';
import { dataFinder, type FindData } from '../storage/dataSets.ts';
import { jsonHash } from '../storage/jsonHash.ts';
import { createReader } from '../storage/reader.ts';
import { countElements } from '../tensor/tensorIndex.ts';
import { useStanding } from '../library/adapters.ts';
import { identifiedOf } from '../library/library.ts';
import { memoryBudget } from '../jobs/memoryBudget.ts';
import { loadTensors } from '../jobs/openTensors.ts';
import { KeptLab, labContent } from './keptLab.ts';
import { loadTask, type LoadedTask } from './loadTasks.ts';
import { MaskBits } from './maskBits.ts';
import { ModelShelf } from './modelShelf.ts';
import { loadOutOfScope } from './outOfScope.ts';
import { Turns } from './turns.ts';
import type { LabInfo, LabInput } from '../api/lab.ts';
import { loadWeights, rangesOf, type LabWeights, type ScopeRange } from './weights.ts';

/** What is held while a lab is open. */
export interface OpenLab {
  info: LabInfo;
  tensors: Tensors;
  /** Another use of these, to be closed by itself. */
  shareTensors(): Promise<Tensors>;
  /** Base first. */
  checkpoints: readonly StoredCheckpoint[];
  weights: LabWeights;
  masks: MaskBits;
  shelf: ModelShelf;
  tasks: readonly LoadedTask[];
  turns: Turns;
  kept: KeptLab;
  /** Number of fine-tunes. */
  models: number;
  free(): void;
}

/** Arrays over the scope beside base and task vectors: one to merge in, and a model as tensors. */
const otherArrays = 2;
/** Models that stay made, at most. */
const mostModels = 12;

/** Loads a recipe's models and tests; throws Incompatible, QuotaFull, Cancelled. */
export async function openLab(
  input: LabInput,
  signal: AbortSignal,
  report: (done: number, total: number, detail: string) => void,
  shareTensors = loadTensors,
): Promise<OpenLab> {
  const ids = (await identifiedOf(input.recipe, signal, report)).map(({ id }) => id);
  return useStanding(ids, async (checkpoints) => {
    const tensors = await shareTensors();
    const freed: (() => void)[] = [() => tensors.close()];
    const free = () => freed.toReversed().forEach((each) => each());
    try {
      const loaded = await load(input, checkpoints, tensors, signal, report, (each) =>
        freed.push(each),
      );
      return { ...loaded, tensors, shareTensors, checkpoints, free };
    } catch (thrown) {
      free();
      throw thrown;
    }
  });
}

/** Loads what a lab holds; `owns` is told how each part is freed. */
async function load(
  input: LabInput,
  checkpoints: readonly StoredCheckpoint[],
  tensors: Tensors,
  signal: AbortSignal,
  report: (done: number, total: number, detail: string) => void,
  owns: (free: () => void) => void,
) {
  const [base, ...tuned] = checkpoints;
  if (!base || tuned.length === 0)
    throw incompatible('A recipe without models was opened. Add a fine-tuned one.');
  const named = tasksOf(input);
  const planned = planTensors(base, tuned, input.recipe.scope ?? 'blocks', 'none');
  const ranges = rangesOf(planned);
  const untied = untiedTensors(planned);
  const budget = await memoryBudget(tensors);
  const size = checkSize(tensors, ranges, tuned.length, budget);
  const total = checkpoints.length + named.length + 1;
  let done = 0;
  const step = (detail: string) => {
    throwIfCancelled(signal);
    report(done++, total, detail);
  };

  const find = dataFinder();
  const tasks: LoadedTask[] = [];
  for (const [t, { name, data }] of named.entries()) {
    step(name);
    const models = [base, tuned[t] ?? base] as const;
    tasks.push(await loadTask(tensors, models, name, data, find, signal, untied));
  }
  step(base.name);
  const readers = checkpoints.map(createReader);
  const weights = await loadWeights(tensors.compute, ranges, readers, signal, (m) => {
    if (m < checkpoints.length) step(checkpoints[m]!.name);
  });
  owns(weights.free);
  const ids = checkpoints.map(({ id }) => id);
  const content = await labContent(input, named, ids, tensors.backend, find);
  const kept = await KeptLab.open(
    content,
    tasks.map(({ order }) => order.length),
  );
  const masks = new MaskBits(
    weights,
    tasks.map(({ name }) => name),
    (by, task) => kept.ranking(by, task, size),
  );
  owns(() => masks.free());
  step('heads');
  const outside = await loadOutOfScope(tensors, planned, tasks, tuned.length);
  owns(() => outside.free());
  const held = size * 4 * (tuned.length + 1 + otherArrays) + outside.bytes;
  const more = Math.floor((budget - held) / (size * 4));
  const room = Math.max(1, Math.min(mostModels, 1 + more));
  const shelf = new ModelShelf(tensors, weights, masks, outside, room);
  owns(() => shelf.free());
  const info = await infoOf(input, checkpoints, tensors, tasks, planned, ranges, find);
  report(total, total, '');
  return { info, weights, masks, shelf, tasks, kept, turns: new Turns(), models: tuned.length };
}

/** Names and data of the recipe's models, then of the extra tasks; throws Incompatible where a model has no data. */
function tasksOf({ recipe, extra = [] }: LabInput): { name: string; data: TaskData }[] {
  const without = recipe.models.filter(({ data }) => !data?.test);
  if (without.length > 0)
    throw incompatible(
      `There are no test data for ${without.map(({ model }) => `“${model}”`).join(', ')}, by which models are compared live. Choose data for every model, or leave out those without.`,
    );
  return [
    ...recipe.models.map(({ model, data }) => ({ name: model, data: data! })),
    ...extra.map(({ name, data }) => ({ name, data })),
  ];
}

/** N; throws where it is 0, or does not fit a buffer or the budget. */
function checkSize(
  { compute }: Tensors,
  ranges: readonly ScopeRange[],
  models: number,
  budget: number,
): number {
  const size = ranges.at(-1)?.to ?? 0;
  if (size === 0)
    throw incompatible('No tensor is in scope, so these models are all one. Choose another scope.');
  const [bytes, wanted] = [size * 4, size * 4 * (models + 1 + otherArrays)];
  const gigabytes = (each: number) => `${(each / 1e9).toFixed(1)} GB`;
  if (bytes > compute.maxBufferBytes)
    throw unsupported(
      `The scope takes ${gigabytes(bytes)}, more than the ${gigabytes(compute.maxBufferBytes)} of one buffer of this device. Choose a narrower scope, or merge without comparing live.`,
    );
  if (wanted > budget)
    throw new AppError(
      'QuotaFull',
      `${models + 1} models take ${gigabytes(wanted)} when all are held in memory, and ${gigabytes(budget)} are set aside. Leave out models, choose a narrower scope, or raise the memory budget.`,
    );
  return size;
}

async function infoOf(
  { recipe, extra = [], told = {} }: LabInput,
  checkpoints: readonly StoredCheckpoint[],
  { backend }: Tensors,
  tasks: readonly LoadedTask[],
  planned: readonly PlannedTensor[],
  ranges: readonly ScopeRange[],
  find: FindData,
): Promise<LabInfo> {
  const names = tasks.flatMap(({ data: { train, test, head } }) => [train, test, head]);
  const found = names.filter((name) => name !== undefined).map(find);
  const data = (await Promise.all(found)).map(({ id }) => id);
  const ids = checkpoints.map(({ id }) => id);
  const side = tasks[0]?.side ?? null;
  return {
    id: await jsonHash({ ids, data, models: recipe.models, extra, scope: recipe.scope ?? null }),
    tasks: tasks.map(({ name, prepared, order, shots, ...task }, t) => ({
      id: name,
      label: told[name]?.label ?? name,
      about: told[name]?.about ?? '',
      labels: [...prepared.labels],
      input: task.side === null ? 'text' : 'images',
      tests: order.length,
      shots,
      general: t >= recipe.models.length,
    })),
    scope: ranges.at(-1)?.to ?? 0,
    parameters: planned.reduce((sum, { tensor }) => sum + countElements(tensor), 0),
    backend,
    matrices: ranges.flatMap(({ tensor: { name, shape } }) =>
      shape.length === 2 ? [{ name, rows: shape[0] ?? 0, columns: shape[1] ?? 0 }] : [],
    ),
    image: side === null ? null : { side },
  };
}
