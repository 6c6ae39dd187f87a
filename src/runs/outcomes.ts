import type { Outcome, Way } from '../api/comparing.ts';
import type { EngineApi } from '../api/engine.ts';
import { AppError, isQuotaError } from '../errors.ts';
import { checkpointsOf } from '../library/library.ts';
import { dataFinder } from '../storage/dataSets.ts';
import { jsonHash } from '../storage/jsonHash.ts';
import type { MadeWith } from '../storage/madeWith.ts';
import { getOutcome, putOutcome } from '../storage/outcomes.ts';
import { dataNames } from './dataNames.ts';

/** Raised when equal merges are measured otherwise, so that older outcomes are not taken over. */
const revision = 1;

export const recallOutcomes: EngineApi['recallOutcomes'] = (ways) =>
  Promise.all(
    ways.map(async (way) => {
      const content = await contentOf(way);
      return content && ((await getOutcome<Outcome>(content.id))?.value ?? null);
    }),
  );

export const keepOutcome: EngineApi['keepOutcome'] = async (way, value) => {
  const content = await contentOf(way);
  try {
    if (content) await putOutcome({ ...content, value, madeAt: Date.now() });
  } catch (thrown) {
    // Where there is no room it is measured anew on a later visit.
    if (!isQuotaError(thrown)) throw thrown;
  }
};

/** What an outcome goes by; null where an input is not here, or not known by its content yet. */
async function contentOf({ recipe, grid }: Way): Promise<MadeWith | null> {
  try {
    const inputs = await checkpointsOf(recipe);
    if (inputs.some(({ hashing }) => hashing)) return null;
    const data = await Promise.all(dataNames(recipe).map(dataFinder()));
    const checkpoints = inputs.map(({ id }) => id);
    const dataIds = data.map(({ id }) => id);
    const id = await jsonHash({ revision, recipe, grid, checkpoints, data: dataIds });
    return { id, checkpoints, data: [...new Set(dataIds)] };
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.kind === 'Incompatible') return null;
    throw thrown;
  }
}
