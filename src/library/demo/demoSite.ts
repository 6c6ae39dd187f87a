import { AppError, badFile, throwIfCancelled } from '../../errors.ts';
import type { SourceFile } from '../../formats/source.ts';
import type { TaskData } from '../../recipe/recipe.ts';
import { createMeter } from '../../jobs/progress.ts';
import type { Progress } from '../../api/progress.ts';

/** A task of a demo and how its data are read; what it says of data names files. */
export interface DemoTask extends TaskData {
  id: string;
  label: string;
  /** One plain line. */
  about: string;
  /** Folder of its fine-tune; absent for what the base knows from pretraining. */
  checkpoint?: string;
}

/** `demo.json`. */
export interface DemoManifest {
  note: string;
  /** Folder of the base. */
  base: string;
  tasks: DemoTask[];
  general?: DemoTask;
  /** YAML; checkpoints and data by folder and path. */
  recipe: string;
}

/** Those with fine-tunes, then what the base knows. */
export const tasksOf = ({ tasks, general }: DemoManifest) => [
  ...tasks,
  ...(general ? [general] : []),
];

/** A file of a demo as its `files.json` lists it. */
export interface DemoFile {
  path: string;
  bytes: number;
  /** Content id. */
  id: string;
}

/** A demo on the server. */
export interface DemoSite {
  manifest: DemoManifest;
  files: readonly DemoFile[];
  /** Fetches files side by side; throws BadFile where one does not arrive whole, Cancelled. */
  fetch(files: readonly DemoFile[]): Promise<SourceFile[]>;
  /** Those of these files that are not kept for want of a network. */
  missing(files: readonly DemoFile[]): Promise<DemoFile[]>;
}

/** Files fetched before, kept so that a demo can be had again without a network, whatever became of the library. */
const cacheName = 'stitchwork-demo';

/** Opens the demo in the folder at `url`, which ends in "/"; a server that is silent for `silenceMs` has failed. */
export async function openDemo(
  url: string,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
  silenceMs = 20_000,
): Promise<DemoSite> {
  const [manifest, listing] = await listening(signal, silenceMs, (line) => {
    const json = async (name: string): Promise<unknown> =>
      (await request(url + name, name, line)).json();
    return Promise.all([json('demo.json'), json('files.json')]);
  });
  const files = Object.entries(listing as Record<string, Omit<DemoFile, 'path'>>).map(
    ([path, file]) => ({ path, ...file }),
  );
  await forgetOld(url, files);
  return {
    manifest: manifest as DemoManifest,
    files,
    async missing(wanted) {
      const cache = await caches.open(cacheName);
      const kept = new Set((await cache.keys()).map(({ url }) => url));
      return wanted.filter((file) => !kept.has(addressOf(url, file)));
    },
    async fetch(wanted) {
      const meter = createMeter(onProgress);
      const total = wanted.reduce((sum, { bytes }) => sum + bytes, 0);
      const cache = await caches.open(cacheName);
      let done = 0;
      const fetchOne = async (file: DemoFile, line: Line) => {
        const { path, bytes } = file;
        const address = addressOf(url, file);
        const kept = await cache.match(address);
        const response = kept ?? (await request(address, path, line));
        const blob = await readBody(response, path, line, (length) =>
          meter('Loading', (done += length), total, path),
        );
        if (blob.size !== bytes)
          throw failure(path, `it has ${blob.size} bytes where the demo lists ${bytes}`);
        // A copy that finds no room is missed only without a network.
        if (!kept) await cache.put(address, new Response(blob)).catch(() => undefined);
        return { path, blob };
      };
      return listening(signal, silenceMs, (line) =>
        Promise.all(wanted.map((file) => fetchOne(file, line))),
      );
    },
  };
}

/** Requests side by side, which end together when nothing comes of any of them. */
interface Line {
  signal: AbortSignal;
  /** Whether it was ended for silence, rather than cancelled. */
  readonly silent: boolean;
  /** Something came. */
  heard(): void;
}

async function listening<T>(
  cancelled: AbortSignal,
  silenceMs: number,
  work: (line: Line) => Promise<T>,
): Promise<T> {
  const silence = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const line: Line = {
    signal: AbortSignal.any([cancelled, silence.signal]),
    get silent() {
      return silence.signal.aborted;
    },
    heard() {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), silenceMs);
    },
  };
  line.heard();
  try {
    return await work(line);
  } finally {
    clearTimeout(timer);
  }
}

/** A changed file has another address, so that no cache answers with an old one. */
const addressOf = (url: string, { path, id }: DemoFile) => `${url}${path}?v=${id.slice(0, 16)}`;

/** Forgets copies of files that the demo in the folder at `url` no longer has. */
async function forgetOld(url: string, files: readonly DemoFile[]): Promise<void> {
  const cache = await caches.open(cacheName);
  const current = new Set(files.map((file) => addressOf(url, file)));
  const kept = (await cache.keys()).map((request) => request.url);
  const old = kept.filter((address) => address.startsWith(url) && !current.has(address));
  await Promise.all(old.map((address) => cache.delete(address)));
}

async function request(address: string, path: string, line: Line): Promise<Response> {
  try {
    const response = await fetch(address, { signal: line.signal });
    line.heard();
    if (response.ok) return response;
    throw failure(path, `the server answers ${response.status}`);
  } catch (error) {
    throw failureOf(error, path, line, 'there is no connection');
  }
}

async function readBody(
  { body }: Response,
  path: string,
  line: Line,
  onPart: (bytes: number) => void,
): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  try {
    for await (const part of body ?? []) {
      throwIfCancelled(line.signal);
      line.heard();
      parts.push(part);
      onPart(part.length);
    }
  } catch (error) {
    throw failureOf(error, path, line, 'the connection broke off');
  }
  return new Blob(parts);
}

function failureOf(error: unknown, path: string, line: Line, why: string): unknown {
  if (line.silent) return failure(path, 'the server does not answer', error);
  if (error instanceof AppError || line.signal.aborted) return error;
  return failure(path, why, error);
}

function failure(path: string, why: string, cause?: unknown): AppError {
  const message = `The demo’s file ${path} could not be loaded: ${why}. Connect to the network, reload the page and try again.`;
  return badFile(message, cause);
}
