import type { LiveState } from '../../localize/contract.ts';
import { findMasks } from '../localizing/findMasks.ts';
import { liveOf } from '../localizing/live.ts';
import { planSearches } from '../localizing/searchPlan.ts';
import type { Stage } from '../runAtWork.ts';

/** Finds the masks that the recipe wants found with data, or fetches those found before. */
export const localizeStage: Stage = async (run) => {
  const { recipe, checkpoints, plan, control, tools, step } = run;
  const search = await planSearches(recipe, checkpoints, plan);
  if (!search) return;
  let last: (() => void) | null = null;
  const onProgress = (models: readonly string[], state: LiveState) => {
    last = () => {
      const name = models.length === 1 ? (models[0] ?? '') : `${models.length} tasks`;
      const live = liveOf(models, state, control.paused);
      const detail = `epoch ${state.epoch + 1} of ${state.epochs}`;
      step(`Localizing ${name}`, state.step, state.steps, detail, live);
    };
    last();
  };
  control.onPause = () => last?.();
  try {
    const { tensors, prepared } = tools;
    run.found = await findMasks(search, {
      recipe,
      checkpoints,
      plan,
      control,
      tensors,
      prepared,
      onProgress,
    });
  } finally {
    control.onPause = null;
  }
};
