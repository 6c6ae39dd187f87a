import { badFile, incompatible } from '../../errors.ts';
import type { Localizer } from '../../localize/localizer.ts';
import { localizerOf } from '../../localize/localizers/registry.ts';
import type { LocalizeInput } from '../../localize/contract.ts';
import type { MergePlan } from '../../merge/plan.ts';
import { defaultLocalize, type LocalizeSettings, type Recipe } from '../../recipe/recipe.ts';
import type { StoredCheckpoint } from '../../storage/checkpoints.ts';
import type { FindData } from '../../storage/dataSets.ts';
import { jsonHash } from '../../storage/jsonHash.ts';
import type { Method } from '../../merge/method.ts';
import { revisionOf } from '../../tasks/revisionOf.ts';

/** How the masks of a recipe are found. */
export interface SearchPlan {
  localizer: Localizer;
  settings: LocalizeSettings;
  /** With the localizer's defaults filled in. */
  input: LocalizeInput['settings'];
  /** Masks that are found one after another, or for a joint localizer all at once. */
  searches: Search[];
  /** Of each model: the id of its mask, null where its mask goes by density. */
  masks: (string | null)[];
}

export interface Search {
  /** Names the search in storage. */
  id: string;
  /** Models of the recipe whose masks it finds, and the masks' ids. */
  models: { at: number; mask: string }[];
  /** Models that take part with a mask found earlier. */
  fixed: { at: number; mask: string }[];
}

/** Which models have a mask of their own: found with data, or given by the recipe. A patch comes with its mask. */
export function ownMasks(
  { models, localize = defaultLocalize }: Recipe,
  checkpoints: readonly StoredCheckpoint[],
  { learnsMasks }: Method,
): boolean[] {
  const localizer = localizerOf(localize.preset);
  return models.map(({ data, mask }, m) => {
    if (!learnsMasks || checkpoints[m + 1]?.patch !== undefined) return false;
    if (mask !== undefined) return true;
    return data !== undefined && (data.train !== undefined || !(localizer && needsData(localizer)));
  });
}

/** What is to be found; null when no mask is found with data or given. */
export async function planSearches(
  recipe: Recipe,
  checkpoints: readonly StoredCheckpoint[],
  find: FindData,
  plan: MergePlan,
): Promise<SearchPlan | null> {
  const { models } = recipe;
  const isPatch = (m: number) => checkpoints[m + 1]?.patch !== undefined;
  const open = models.filter((_, m) => !isPatch(m));
  if (!plan.method.learnsMasks || !open.some(({ data, mask }) => data ?? mask)) return null;
  const settings = recipe.localize ?? defaultLocalize;
  const localizer = localizerOf(settings.preset);
  if (!localizer) throw badFile(`There is no localizer “${settings.preset}”. Choose another.`);
  const input = searchSettings(localizer, settings, await someImages(recipe, find));
  const facts = await Promise.all(
    models.map((_, m) => factsOf(recipe, checkpoints, find, plan, m)),
  );
  const shared = {
    preset: settings.preset,
    budget: settings.budget,
    shots: settings.shots,
    revision: localizer.revision,
    ...input,
  };
  const own = ownMasks(recipe, checkpoints, plan.method);
  const searched = models.flatMap(({ mask }, at) => (mask === undefined && own[at] ? [at] : []));
  const base = { localizer, settings, input };
  const masks = models.map(({ mask }, m) => (own[m] ? (mask ?? null) : null));
  if (!isJoint(localizer)) {
    const searches = await Promise.all(
      searched.map(async (at): Promise<Search> => {
        const mask = await jsonHash({ ...shared, task: facts[at] });
        masks[at] = mask;
        return { id: mask, models: [{ at, mask }], fixed: [] };
      }),
    );
    return { ...base, searches, masks };
  }
  refuseWithoutData(open);
  const fixed = models.flatMap(({ mask, data }, at) =>
    mask !== undefined && own[at] && data?.train ? [{ at, mask }] : [],
  );
  const together = {
    ...shared,
    tasks: searched.map((at) => facts[at]),
    fixed: fixed.map(({ at, mask }) => ({ task: facts[at], mask })),
  };
  const found = await Promise.all(
    searched.map(async (at) => ({ at, mask: await jsonHash({ ...together, of: facts[at] }) })),
  );
  for (const { at, mask } of found) masks[at] = mask;
  const search = { id: await jsonHash(together), models: found, fixed };
  return { ...base, searches: found.length > 0 ? [search] : [], masks };
}

/** What a search goes by: what is set, else the localizer's defaults, which may be others for images. */
export function searchSettings(
  localizer: Localizer,
  set: Omit<LocalizeSettings, 'preset' | 'budget' | 'shots'>,
  images: boolean,
): LocalizeInput['settings'] {
  const { imageDefaults } = localizer;
  const defaults = localizer.defaults && { ...localizer.defaults, ...(images && imageDefaults) };
  return {
    epochs: set.epochs ?? defaults?.epochs ?? 1,
    batchSize: set.batch_size ?? defaults?.batchSize ?? 16,
    learningRate: set.learning_rate ?? defaults?.learningRate ?? 0,
    l1: set.l1 ?? defaults?.l1 ?? 0,
    seed: set.seed,
  };
}

/** Whether masks are found with images: a base reads either images or texts. */
async function someImages({ models }: Recipe, find: FindData): Promise<boolean> {
  const names = models.flatMap(({ data }) => data?.train ?? []);
  return (await Promise.all(names.map(find))).some(({ kind }) => kind === 'images');
}

/** Whether it runs the models on examples. */
export const needsData = ({ form }: Localizer) => form.kind === 'logits' || form.kind === 'rank';

const isJoint = ({ form }: Localizer) => form.kind === 'rank' && form.joint;

/** All that a model's mask depends on beside the settings. */
async function factsOf(
  { models }: Recipe,
  [base, ...tuned]: readonly StoredCheckpoint[],
  find: FindData,
  plan: MergePlan,
  m: number,
): Promise<object> {
  const { train, test: _, head, ...reading } = models[m]?.data ?? {};
  const { demonstrations } = reading;
  const scope = plan.outputs
    .filter(({ planned }) => planned.fate === 'merged')
    .map(({ planned }) => planned.tensor.name);
  return {
    base: base?.id,
    tuned: tuned[m]?.id,
    data: train === undefined ? null : (await find(train)).id,
    reading,
    ...(head !== undefined && { head: (await find(head)).id }),
    ...(revisionOf(reading) > 1 && { revision: revisionOf(reading) }),
    ...(demonstrations && { demonstrations: (await find(demonstrations.from)).id }),
    density: plan.parameters[m]?.density ?? 1,
    scope,
  };
}

function refuseWithoutData(models: Recipe['models']): void {
  const without = models.filter(({ data, mask }) => !data?.train && mask === undefined);
  if (without.length === 0) return;
  const names = without.map(({ model }) => `“${model}”`).join(', ');
  throw incompatible(
    `joint finds all masks together, and there are no training data for ${names}. Add data, or choose another preset.`,
  );
}
