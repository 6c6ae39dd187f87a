import { findMasks } from '../localizing/findMasks.ts';
import { withLive } from '../localizing/live.ts';
import { planSearches } from '../localizing/searchPlan.ts';
import type { RunStage } from '../runAtWork.ts';

/** Finds the masks that the recipe wants found with data, or fetches those found before. */
export const localizeStage: RunStage = async (run) => {
  const { recipe, checkpoints, findData, plan, control, step } = run;
  const search = await planSearches(recipe, checkpoints, findData, plan);
  if (!search) return;
  run.found = await withLive(
    control,
    (live) => {
      const { models, epoch, epochs } = live;
      const name = models.length === 1 ? (models[0] ?? '') : `${models.length} tasks`;
      step(`Localizing ${name}`, live.step, live.steps, `epoch ${epoch + 1} of ${epochs}`, live);
    },
    (tell) => findMasks(search, { ...run, tell }),
  );
};
