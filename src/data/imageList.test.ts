import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { goldenJson } from '../test/dataGoldens.ts';
import { listZip } from './archives/zip.ts';
import { listImages } from './imageList.ts';

type Truth = Record<string, { parts: Record<string, [path: string, label: string][]> }>;

/** What a zip of data/goldens/archives/ unpacks to, without folders. */
async function unpacked(name: string) {
  const bytes = await readFile(new URL(`./goldens/archives/${name}`, import.meta.url));
  const items = await listZip({ path: name, blob: new Blob([new Uint8Array(bytes)]) });
  return Promise.all(
    items.map(async ({ path, open }) => ({
      path: path.slice(path.lastIndexOf('/') + 1),
      blob: await open(),
    })),
  );
}

it('finds the classes of GTSRB’s loose tests in their table, beside one without classes', async () => {
  const images = await unpacked('GTSRB_Final_Test_Images.zip');
  const [table] = await unpacked('GTSRB_Final_Test_GT.zip');
  const unnamed = new Blob(['Filename;Width\n00000.ppm;6\n']);
  const list = await listImages([
    ...images,
    { path: 'GT-final_test.test.csv', blob: unnamed },
    table!,
  ]);
  const { test = [] } = goldenJson<Truth>('archives/truth.json')['gtsrb']!.parts;
  expect(list.images.map(({ path, label }) => [path, list.labels[label]]).sort()).toEqual(
    test.map(([path, label]) => [path.slice(path.lastIndexOf('/') + 1), label]),
  );
});
