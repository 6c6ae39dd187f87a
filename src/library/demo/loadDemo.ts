import { localizers } from '../../localize/localizers/registry.ts';
import { methods } from '../../merge/methods/registry.ts';
import { parseRecipe } from '../../recipe/parseRecipe.ts';
import type { TaskData } from '../../recipe/recipe.ts';
import { addBase, getBase, getCheckpoint, setBase } from '../../storage/checkpoints.ts';
import { withJob } from '../../jobs/jobs.ts';
import type { EngineApi } from '../../api/engine.ts';
import { renamedData, renamedRecipe } from '../renamedRecipe.ts';
import { openDemo, tasksOf, type DemoTask } from './demoSite.ts';
import { storeDemo, type DemoNames } from './storeDemo.ts';

export const loadDemo: EngineApi['loadDemo'] = (job, folder, which, onProgress) =>
  withJob(job, async (signal) => {
    const site = await openDemo(new URL(`${which}/`, folder).href, signal, onProgress);
    const names = await storeDemo(site, which, signal, onProgress);
    const { manifest } = site;
    const { general } = manifest;
    const base = names.checkpoints.get(manifest.base) ?? manifest.base;
    await ((await getBase()) === null ? setBase(base) : addBase(base));
    const named = await libraryNames(names);
    const called = (folder: string) => named.get(folder) ?? folder;
    const written = parseRecipe(manifest.recipe, Object.keys(methods), Object.keys(localizers));
    const told = tasksOf(manifest).map(
      ({ id, checkpoint, label, about }) => [called(checkpoint ?? id), { label, about }] as const,
    );
    return {
      note: manifest.note,
      base: names.checkpoints.get(manifest.base) ?? '',
      recipe: renamedRecipe(written, called, names.data),
      extra: general
        ? [{ name: general.id, data: renamedData(taskData(general), names.data) }]
        : [],
      told: Object.fromEntries(told),
    };
  });

/** Names of checkpoints by folder. */
async function libraryNames({ checkpoints }: DemoNames): Promise<Map<string, string>> {
  const named = [...checkpoints].map(
    async ([folder, id]) => [folder, (await getCheckpoint(id))?.name ?? id] as const,
  );
  return new Map(await Promise.all(named));
}

function taskData({ id: _, label: _l, about: _a, checkpoint: _c, ...data }: DemoTask): TaskData {
  return data;
}
