import { badFile } from '../../errors.ts';
import type { SourceFile } from '../../formats/source.ts';
import { openCheckpoints } from '../../formats/open.ts';
import { identifyArchitecture } from '../../models/registry.ts';
import { getCheckpoint } from '../../storage/checkpoints.ts';
import { addData, hasData } from '../../storage/dataSets.ts';
import { identify } from '../../storage/identify.ts';
import { ingest } from '../../storage/ingest.ts';
import { kindOf } from '../dataSets.ts';
import { createMeter } from '../../jobs/progress.ts';
import type { DemoName } from '../../api/demo.ts';
import type { Progress } from '../../api/progress.ts';
import { tasksOf, type DemoFile, type DemoSite } from './demoSite.ts';

/** What parts of a demo are called in the library, by what its manifest calls them. */
export interface DemoNames {
  /** Content ids by folder. */
  checkpoints: ReadonlyMap<string, string>;
  data(path: string): string;
}

/** A checkpoint of a demo: its folder, and its weights among the files of that folder. */
interface DemoCheckpoint {
  folder: string;
  /** Name in the library, unless that is taken. */
  name: string;
  weights: DemoFile;
  files: readonly DemoFile[];
}

/** Fetches what the library lacks of a demo, and stores it: checkpoints first, the base before the others. */
export async function storeDemo(
  site: DemoSite,
  which: DemoName,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<DemoNames> {
  const named = (path: string) => `${which}/${path}`;
  const data = dataFiles(site);
  const checkpoints = checkpointsOf(site, which, new Set(data.map(({ path }) => path)));
  const absent = await filterAsync(
    checkpoints,
    async ({ weights }) => !(await getCheckpoint(weights.id)),
  );
  const missing = await filterAsync(
    data,
    async ({ path, id }) => !(await hasData(named(path), kindOf(path, [path]), id)),
  );
  const fetched = new Map<string, SourceFile>();
  for (const source of await site.fetch([...absent.flatMap(({ files }) => files), ...missing]))
    fetched.set(source.path, source);
  const meter = createMeter(onProgress);
  const total = [...fetched.values()].reduce((sum, { blob }) => sum + blob.size, 0);
  let done = 0;
  for (const checkpoint of absent) {
    await store(checkpoint, fetched, signal);
    done += checkpoint.files.reduce((sum, { bytes }) => sum + bytes, 0);
    meter('Copying', done, total, checkpoint.name);
  }
  for (const { path, bytes } of missing) {
    const source = fetched.get(path);
    if (source) await addData(named(path), kindOf(path, [path]), [source]);
    meter('Copying', (done += bytes), total, path);
  }
  return {
    checkpoints: new Map(checkpoints.map(({ folder, weights }) => [folder, weights.id])),
    data: named,
  };
}

/** The files that a demo's models and tasks are made of. */
export function filesOf(site: DemoSite, which: DemoName): DemoFile[] {
  const data = dataFiles(site);
  const paths = new Set(data.map(({ path }) => path));
  return [...checkpointsOf(site, which, paths).flatMap(({ files }) => files), ...data];
}

async function store(
  { name, files, weights }: DemoCheckpoint,
  fetched: ReadonlyMap<string, SourceFile>,
  signal: AbortSignal,
): Promise<void> {
  const sources = files.flatMap(({ path }) => fetched.get(path) ?? []);
  const { checkpoints, problems } = await openCheckpoints(sources, identifyArchitecture);
  const [opened] = checkpoints;
  const id = opened && (await ingest({ ...opened, name }, { signal }));
  if (id && (await identify(id, signal)).id === weights.id) return;
  const why = problems[0]?.message ?? `${weights.path} is not what the demo lists.`;
  throw badFile(`The demo’s ${name} cannot be opened: ${why} Reload the page.`);
}

function checkpointsOf(
  { manifest, files }: DemoSite,
  which: DemoName,
  data: ReadonlySet<string>,
): DemoCheckpoint[] {
  const folders = [manifest.base, ...manifest.tasks.flatMap(({ checkpoint }) => checkpoint ?? [])];
  return folders.map((folder) => {
    const own = files.filter(({ path }) => path.startsWith(`${folder}/`) && !data.has(path));
    const weights = own.find(({ path }) => path.endsWith('.safetensors'));
    if (!weights) throw badFile(`The demo lists no weights of ${folder}.`);
    const name = folder === manifest.base ? `${which}-${folder}` : folder;
    return { folder, name, weights, files: own };
  });
}

/** Examples and heads of all tasks. */
function dataFiles({ manifest, files }: DemoSite): DemoFile[] {
  const wanted = new Set(tasksOf(manifest).flatMap(({ train, test, head }) => [train, test, head]));
  return files.filter(({ path }) => wanted.has(path));
}

async function filterAsync<T>(
  items: readonly T[],
  keep: (item: T) => Promise<boolean>,
): Promise<T[]> {
  const kept = await Promise.all(items.map(keep));
  return items.filter((_, i) => kept[i]);
}
