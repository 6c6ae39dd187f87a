import { bug } from '../errors.ts';
import type { Tensors } from '../gpu/tensors.ts';
import { defaultLocalize, type Recipe } from '../recipe/recipe.ts';
import type { StoredCheckpoint } from '../storage/checkpoints.ts';
import { loadTensors } from '../jobs/openTensors.ts';
import type { PreparedTask } from '../tasks/preparedTask.ts';
import { prepareTask } from '../tasks/prepareTask.ts';
import { openTaskModel } from '../tasks/taskModel.ts';

/** What the stages of a run share. */
export interface RunTools {
  tensors(): Promise<Tensors>;
  /** The task of a model of the recipe. */
  prepared(model: number): Promise<PreparedTask>;
  close(): Promise<void>;
}

/** tfjs and the tasks of a recipe, each opened when it is first needed; checkpoints have the base first. */
export function createRunTools(recipe: Recipe, checkpoints: readonly StoredCheckpoint[]): RunTools {
  let opened: Promise<Tensors> | null = null;
  const tasks = new Map<number, Promise<PreparedTask>>();
  const open = async (m: number) => {
    const [base, tuned] = [checkpoints[0], checkpoints[m + 1]];
    const data = recipe.models[m]?.data;
    if (!base || !tuned || !data) throw bug(`Model ${m} has no task.`);
    const model = await openTaskModel(base, tuned);
    const prepared = await prepareTask(model, data, recipe.localize ?? defaultLocalize);
    return { ...prepared, name: recipe.models[m]?.model ?? tuned.name };
  };
  return {
    tensors: () => (opened ??= loadTensors()),
    prepared(m: number): Promise<PreparedTask> {
      const task = tasks.get(m) ?? open(m);
      tasks.set(m, task);
      return task;
    },
    async close() {
      const tensors = await opened?.catch(() => null);
      tensors?.close();
    },
  };
}
