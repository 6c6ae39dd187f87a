import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { goldenTexts } from '../../test/dataGoldens.ts';
import { getBase, listCheckpoints } from '../../storage/checkpoints.ts';
import { toHex } from '../../storage/contentId.ts';
import { listData } from '../../storage/dataSets.ts';
import { emptyStore } from '../../test/store.ts';
import { cancelJob } from '../../jobs/jobs.ts';
import { picoData, picoFolder } from '../../test/picoSuite.ts';
import { openDemo } from './demoSite.ts';
import { demoBytes, keepDemos } from './keepDemos.ts';
import { loadDemo } from './loadDemo.ts';

const folder = 'http://demo.test/app/demo/';
const tokenizer = goldenTexts['./goldens/roberta/tokenizer.json']!;
const recipe = `merge_method: localize_and_stitch
base_model: base
models:
  - model: mood
    data: {train: mood/train.jsonl, test: mood/test.jsonl, template: "{text} It was{mask} .", label_words: [" a", " b"]}
`;
const mood = { template: '{text} It was{mask} .', label_words: [' a', ' b'] };
const manifest = {
  note: 'Small models.',
  base: 'base',
  tasks: [
    {
      ...{ id: 'mood', label: 'Mood', about: 'Good or bad.', checkpoint: 'mood', ...mood },
      ...{ train: 'mood/train.jsonl', test: 'mood/test.jsonl' },
    },
  ],
  general: { id: 'recall', label: 'Recall', about: 'Of old.', test: 'recall/test.jsonl', ...mood },
  recipe,
};

/** The demo's files as served, and what was asked for since. */
let served: Map<string, Blob>;
let asked: string[];

beforeEach(async () => {
  await emptyStore();
  await caches.delete('stitchwork-demo');
  asked = [];
  served = new Map();
  const files = [
    ...picoFolder('base', 0, tokenizer),
    ...picoFolder('mood', 1, tokenizer),
    ...picoData('mood/train.jsonl', 40, 10),
    ...picoData('mood/test.jsonl', 30, 20),
    ...picoData('recall/test.jsonl', 30, 30),
  ];
  for (const { path, file } of files) served.set(path, file);
  await list();
  vi.stubGlobal('fetch', async (address: string) => {
    const path = address.slice(`${folder}text/`.length);
    asked.push(path);
    const blob = served.get(path.split('?')[0] ?? '');
    if (!blob) throw new TypeError('Failed to fetch');
    return new Response(blob);
  });
});

afterEach(() => vi.unstubAllGlobals());

/** Makes files.json; a file of one chunk has the SHA-256 of its SHA-256 as id. */
async function list() {
  const sha256 = (bytes: ArrayBuffer) => crypto.subtle.digest('SHA-256', bytes);
  const listed = [...served].map(async ([path, blob]) => {
    const id = new Uint8Array(await sha256(await sha256(await blob.arrayBuffer())));
    return [path, { bytes: blob.size, id: toHex(id) }] as const;
  });
  const files = Object.fromEntries(await Promise.all(listed));
  served.set('demo.json', new Blob([JSON.stringify(manifest)]));
  served.set('files.json', new Blob([JSON.stringify(files)]));
}

const load = () => loadDemo('job', folder, 'text', () => undefined);

test('a demo comes into the library, and its recipe by the names there', async () => {
  const demo = await load();
  const checkpoints = await listCheckpoints();
  expect(checkpoints.map(({ name }) => name)).toEqual(['text-base', 'mood']);
  expect(checkpoints[0]?.sideFiles.map(({ path }) => path)).toContain('base/tokenizer.json');
  expect((await listData()).map(({ name, kind }) => `${kind} ${name}`).sort()).toEqual([
    'table text/mood/test.jsonl',
    'table text/mood/train.jsonl',
    'table text/recall/test.jsonl',
  ]);
  expect(demo.base).toBe(checkpoints[0]?.id);
  expect(await getBase()).toBe(demo.base);
  expect(demo.recipe.base_model).toBe('text-base');
  expect(demo.recipe.models).toEqual([
    {
      model: 'mood',
      data: { ...mood, train: 'text/mood/train.jsonl', test: 'text/mood/test.jsonl' },
    },
  ]);
  expect(demo.extra).toEqual([
    { name: 'recall', data: { ...mood, test: 'text/recall/test.jsonl' } },
  ]);
  expect(demo.told).toEqual({
    mood: { label: 'Mood', about: 'Good or bad.' },
    recall: { label: 'Recall', about: 'Of old.' },
  });
});

test('what the library has is not fetched again, and comes by the name it has there', async () => {
  await load();
  asked = [];
  const again = await load();
  expect(asked).toEqual(['demo.json', 'files.json']);
  expect(again.recipe.models[0]?.model).toBe('mood');
  expect(await listCheckpoints()).toHaveLength(2);
});

test('without a network and with an empty library it comes from the copies kept', async () => {
  await load();
  await emptyStore();
  for (const path of served.keys()) if (!/^\w+\.json$/.test(path)) served.delete(path);
  const demo = await load();
  expect(demo.recipe.models).toHaveLength(1);
  expect(await listCheckpoints()).toHaveLength(2);
  expect(await listData()).toHaveLength(3);
});

test('a file that changed is fetched anew, and its old copy forgotten', async () => {
  await load();
  asked = [];
  served.set('mood/test.jsonl', picoData('mood/test.jsonl', 20, 99)[0]!.file);
  await list();
  await load();
  expect(asked.filter((path) => path.includes('?'))).toEqual([
    expect.stringMatching(/^mood\/test\.jsonl\?v=/),
  ]);
  const kept = (await (await caches.open('stitchwork-demo')).keys()).map(({ url }) => url);
  expect(kept.filter((url) => url.includes('mood/test.jsonl'))).toHaveLength(1);
});

test('a file that is missing or cut short is named, with what to do', async () => {
  served.set('mood/test.jsonl', new Blob(['{']));
  await expect(load()).rejects.toThrow(/file mood\/test\.jsonl .* it has 1 bytes .* reload/);
  served.delete('mood/test.jsonl');
  await expect(load()).rejects.toThrow(/no connection\. Connect to the network/);
  expect(await listCheckpoints()).toEqual([]);
});

test('a server that falls silent, and a connection that breaks off, are told as such', async () => {
  const open = () => openDemo(`${folder}text/`, new AbortController().signal, () => undefined, 50);
  const site = await open();
  const [file] = site.files;
  const answering = (respond: (signal: AbortSignal) => Promise<Response>) =>
    vi.stubGlobal('fetch', (_: string, { signal }: { signal: AbortSignal }) => respond(signal));
  const until = (signal: AbortSignal) =>
    new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(new DOMException('Aborted.', 'AbortError'))),
    );
  answering(until);
  await expect(site.fetch([file!])).rejects.toThrow(/the server does not answer\. Connect/);
  await expect(open()).rejects.toThrow(/demo\.json.*the server does not answer/);
  const bodyOf = (end: (signal: AbortSignal) => Promise<never>) => async (signal: AbortSignal) =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(Uint8Array.of(1)),
        pull: () => end(signal),
      }),
    );
  answering(bodyOf(until));
  await expect(site.fetch([file!])).rejects.toThrow(/the server does not answer/);
  answering(bodyOf(() => Promise.reject(new TypeError('network error'))));
  await expect(site.fetch([file!])).rejects.toThrow(/the connection broke off/);
});

test('all that the demo is made of can be kept, and what is missing is told in bytes', async () => {
  // The other demo is the same here, in its own folder.
  const fetchOne = fetch;
  vi.stubGlobal('fetch', (address: string) =>
    fetchOne(address.replace(`${folder}vision/`, `${folder}text/`)),
  );
  const bytes = [...served].reduce(
    (sum, [path, { size }]) => (/^\w+\.json$/.test(path) ? sum : sum + size),
    0,
  );
  expect(await demoBytes(folder)).toEqual({ total: 2 * bytes, missing: 2 * bytes });
  const told: number[] = [];
  await keepDemos('keep', folder, ({ done, total }) => told.push(done / total));
  expect(Math.max(...told)).toBeLessThanOrEqual(1);
  expect(await demoBytes(folder)).toEqual({ total: 2 * bytes, missing: 0 });
  expect(await listCheckpoints()).toEqual([]);
  served.clear();
  await expect(demoBytes(folder)).rejects.toThrow(/there is no connection/);
});

test('it can be cancelled', async () => {
  const loading = loadDemo('job', folder, 'text', () => cancelJob('job'));
  await expect(loading).rejects.toMatchObject({ kind: 'Cancelled' });
});
