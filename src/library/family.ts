import { readLineage } from '../export/lineage.ts';
import type { Lineage } from '../api/family.ts';
import { localizers } from '../localize/localizers/registry.ts';
import { mergekitForms, methods } from '../merge/methods/registry.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { listCheckpoints, type StoredCheckpoint } from '../storage/checkpoints.ts';
import { listData } from '../storage/dataSets.ts';
import { identifyAll } from '../storage/identify.ts';
import { getMask } from '../storage/masks.ts';
import type { Family, FamilyMember, FamilyMerge } from '../api/family.ts';
import { renamedRecipe } from './renamedRecipe.ts';

/** What the library holds, by content id. */
interface Holdings {
  checkpoints: ReadonlyMap<string, StoredCheckpoint>;
  data: ReadonlyMap<string, string>;
}

const deepest = 8;
const mostMembers = 400;

/** Where the checkpoint with these metadata comes from, null when it does not say. */
export async function familyOf(metadata: Readonly<Record<string, string>>): Promise<Family | null> {
  const lineage = lineageOf(metadata);
  if (!lineage) return null;
  await identifyAll(new AbortController().signal);
  const holdings = await takeStock();
  const room = { members: mostMembers };
  const merge = mergeOf(lineage, holdings, [], room);
  const missing = await missingFor(lineage, merge.inputs);
  const rebuild =
    lineage.recipe && missing.length === 0 ? renamed(lineage.recipe, merge.inputs) : null;
  return { merge, rebuild, missing };
}

const lineageOf = (metadata: Readonly<Record<string, string>>) =>
  readLineage(metadata, Object.keys(methods), Object.keys(localizers), mergekitForms);

async function takeStock(): Promise<Holdings> {
  const [checkpoints, data] = await Promise.all([listCheckpoints(), listData()]);
  return {
    checkpoints: new Map(checkpoints.map((each) => [each.id, each])),
    data: new Map(data.map(({ id, name }) => [id, name])),
  };
}

/** `path` holds the content ids above: what names itself as its own ancestor is not followed. */
function mergeOf(
  { recipe, inputs, problem }: Lineage,
  holdings: Holdings,
  path: readonly string[],
  room: { members: number },
): FamilyMerge {
  const members = inputs.slice(0, Math.max(0, room.members));
  room.members -= members.length;
  return {
    method: recipe?.merge_method ?? null,
    problem,
    inputs: members.map((input): FamilyMember => {
      if (input.role === 'data')
        return { ...input, here: holdings.data.get(input.id) ?? null, merge: null };
      const found = holdings.checkpoints.get(input.id.slice(input.id.lastIndexOf('+') + 1));
      const follow = room.members > 0 && path.length < deepest && !path.includes(input.id);
      const below = found && follow ? lineageOf(found.index.metadata) : null;
      const merge = below && mergeOf(below, holdings, [...path, input.id], room);
      const role = found?.patch ? 'patch' : input.role;
      return { ...input, role, here: found?.name ?? null, merge };
    }),
  };
}

async function missingFor({ recipe }: Lineage, inputs: readonly FamilyMember[]): Promise<string[]> {
  const absent = inputs
    .filter(({ here }) => here === null)
    .map(
      ({ name, id, role }) => `${role === 'data' ? 'the data ' : ''}${name} (${id.slice(0, 12)}…)`,
    );
  const masks = (recipe?.models ?? []).map(async ({ model, mask }) =>
    mask !== undefined && !(await getMask(mask)) ? [`the mask found for ${model}`] : [],
  );
  return [...absent, ...(await Promise.all(masks)).flat()];
}

/** The recipe with the library's names: inputs lie in the order base, models, data of each model. */
function renamed(recipe: Recipe, inputs: readonly FamilyMember[]): Recipe {
  const names = inputs.map(({ here, name }) => here ?? name);
  const after = (from: number) => (name: string) => names[from++] ?? name;
  return renamedRecipe(recipe, after(0), after(recipe.models.length + 1));
}
