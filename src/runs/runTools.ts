import { bug } from '../errors.ts';
import { localizerOf } from '../localize/localizers/registry.ts';
import { methodOf } from '../merge/methods/registry.ts';
import type { Tensors } from '../gpu/tensors.ts';
import { defaultLocalize, taskOf, type Recipe } from '../recipe/recipe.ts';
import type { StoredCheckpoint } from '../storage/checkpoints.ts';
import { memoryBudget } from '../jobs/memoryBudget.ts';
import type { FindData } from '../storage/dataSets.ts';
import { loadTensors, openOnCpu } from '../jobs/openTensors.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import type { PreparedTask } from '../tasks/preparedTask.ts';
import { prepareTask } from '../tasks/prepareTask.ts';
import { openTaskModel } from '../tasks/taskModel.ts';
import { needsData } from './localizing/searchPlan.ts';

/** What the stages of a run share. */
export interface RunTools {
  tensors(): Promise<Tensors>;
  /** A task of the recipe, of its models and then the general ones, which the base's head tells. */
  prepared(task: number): Promise<PreparedTask>;
  /** Bytes of weights that may stay on the device. */
  budgetBytes(): Promise<number>;
  /** Frees tfjs until it is needed again. */
  close(): Promise<void>;
}

/**
 * tfjs and the tasks of a recipe, each opened when it is first needed; checkpoints have the base first. Of several `threads` each
 * has tfjs on the CPU, and its part of the memory budget. `untied` are tensors that merge by themselves though the base ties them.
 */
export function createRunTools(
  recipe: Recipe,
  checkpoints: readonly StoredCheckpoint[],
  findData: FindData,
  { threads = 1, untied = [] }: { threads?: number; untied?: readonly TensorInfo[] } = {},
): RunTools {
  let opened: Promise<Tensors> | null = null;
  const tasks = new Map<number, Promise<PreparedTask>>();
  const shots = looksAtShots(recipe) ? (recipe.localize ?? defaultLocalize) : { shots: 0, seed: 0 };
  const open = async (m: number) => {
    const [base, tuned = base] = [checkpoints[0], checkpoints[m + 1]];
    const { name = '', data } = taskOf(recipe, m) ?? {};
    if (!base || !tuned || !data) throw bug(`Task ${m} has no data.`);
    const model = await openTaskModel(base, tuned, untied);
    const prepared = await prepareTask(model, data, findData, shots);
    return { ...prepared, name };
  };
  const tensors = () => (opened ??= threads > 1 ? openOnCpu() : loadTensors());
  return {
    tensors,
    budgetBytes: async () => (await memoryBudget(await tensors())) / threads,
    prepared(m: number): Promise<PreparedTask> {
      const task = tasks.get(m) ?? open(m);
      tasks.set(m, task);
      return task;
    },
    async close() {
      const closing = await opened?.catch(() => null);
      opened = null;
      closing?.close();
    },
  };
}

/** Whether a recipe shows training examples to a model: one that merges weights alone can do with fewer than its shots. */
function looksAtShots({ merge_method, localize = defaultLocalize }: Recipe): boolean {
  const method = methodOf(merge_method);
  const localizer = localizerOf(localize.preset);
  if (method?.learner) return true;
  return method?.learnsMasks === true && localizer !== undefined && needsData(localizer);
}
