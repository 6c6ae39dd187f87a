import type { DemoName } from '../../api/demo.ts';
import type { EngineApi } from '../../api/engine.ts';
import { withJob } from '../../jobs/jobs.ts';
import { formatBytes, quotaFull } from '../../storage/quota.ts';
import { openDemo, type DemoFile, type DemoSite } from './demoSite.ts';
import { filesOf } from './storeDemo.ts';

const demos: readonly DemoName[] = ['vision', 'text'];

interface Part {
  site: DemoSite;
  files: DemoFile[];
  missing: DemoFile[];
}

export const demoBytes: EngineApi['demoBytes'] = async (folder) => {
  const parts = await openAll(folder, new AbortController().signal, () => undefined);
  const [total, missing] = (['files', 'missing'] as const).map((of) =>
    bytesOf(parts.flatMap((part) => part[of])),
  );
  return { total: total ?? 0, missing: missing ?? 0 };
};

export const keepDemos: EngineApi['keepDemos'] = (job, folder, onProgress) =>
  withJob(job, async (signal) => {
    let before = 0;
    const parts = await openAll(folder, signal, (progress) =>
      onProgress({ ...progress, done: before + progress.done, total }),
    );
    const total = bytesOf(parts.flatMap(({ missing }) => missing));
    for (const { site, missing } of parts) {
      await site.fetch(missing);
      before += bytesOf(missing);
      const left = bytesOf(await site.missing(missing));
      if (left > 0)
        throw quotaFull(
          'the lessons',
          `${formatBytes(left)} of their files could not be kept.`,
          null,
        );
    }
  });

function openAll(
  folder: string,
  signal: AbortSignal,
  onProgress: Parameters<typeof openDemo>[2],
): Promise<Part[]> {
  const opening = demos.map(async (which) => {
    const site = await openDemo(new URL(`${which}/`, folder).href, signal, onProgress);
    const files = filesOf(site, which);
    return { site, files, missing: await site.missing(files) };
  });
  return Promise.all(opening);
}

const bytesOf = (files: readonly DemoFile[]) => files.reduce((sum, { bytes }) => sum + bytes, 0);
