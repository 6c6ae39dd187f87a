import { localizers } from '../../localize/localizers/registry.ts';
import { methods } from '../../merge/methods/registry.ts';
import { parseRecipe } from '../../recipe/parseRecipe.ts';
import type { TaskData } from '../../recipe/recipe.ts';
import { getBase, getCheckpoint, setBase } from '../../storage/checkpoints.ts';
import { withJob } from '../../jobs/jobs.ts';
import type { EngineApi } from '../../api/engine.ts';
import type { LoadedDemo } from '../../api/demo.ts';
import { renamedData, renamedRecipe } from '../renamedRecipe.ts';
import { openDemo, tasksOf, type DemoManifest, type DemoTask } from './demoSite.ts';
import { storeDemo, type DemoNames } from './storeDemo.ts';

export const loadDemo: EngineApi['loadDemo'] = (job, folder, which, onProgress) =>
  withJob(job, async (signal) => {
    const site = await openDemo(new URL(`${which}/`, folder).href, signal, onProgress);
    const names = await storeDemo(site, which, signal, onProgress);
    const { manifest } = site;
    const base = names.checkpoints.get(manifest.base) ?? manifest.base;
    if ((await getBase()) === null) await setBase(base);
    return describe(manifest, names, await libraryNames(names));
  });

/** Names of checkpoints by folder. */
async function libraryNames({ checkpoints }: DemoNames): Promise<Map<string, string>> {
  const named = [...checkpoints].map(
    async ([folder, id]) => [folder, (await getCheckpoint(id))?.name ?? id] as const,
  );
  return new Map(await Promise.all(named));
}

function describe(
  manifest: DemoManifest,
  { checkpoints, data }: DemoNames,
  named: ReadonlyMap<string, string>,
): LoadedDemo {
  const called = (folder: string) => named.get(folder) ?? folder;
  const { general } = manifest;
  const written = parseRecipe(manifest.recipe, Object.keys(methods), Object.keys(localizers));
  const told = tasksOf(manifest).map(
    ({ id, checkpoint, label, about }) => [called(checkpoint ?? id), { label, about }] as const,
  );
  return {
    note: manifest.note,
    base: checkpoints.get(manifest.base) ?? '',
    recipe: renamedRecipe(written, called, data),
    extra: general ? [{ name: general.id, data: renamedData(taskData(general), data) }] : [],
    told: Object.fromEntries(told),
  };
}

function taskData({ id: _, label: _l, about: _a, checkpoint: _c, ...data }: DemoTask): TaskData {
  return data;
}
