import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { contentId, digestChunks, hashChunkBytes } from './src/storage/contentId.ts';

/** What `files.json` of a demo says of each of its files, by path. */
type Listing = Record<string, { bytes: number; id: string }>;

/**
 * Lists the files of each folder of public/demo/ in its `files.json`, served and built, with bytes and content ids: so the
 * page knows what to fetch, what it has, and under which address the browser may keep a file for good.
 */
export function demoFiles(): Plugin {
  let root = '';
  return {
    name: 'demo-files',
    configResolved: ({ publicDir }) => void (root = join(publicDir, 'demo')),
    configureServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        const [, which] = /\/demo\/(\w+)\/files\.json(?:\?|$)/.exec(request.url ?? '') ?? [];
        if (which === undefined) return next();
        listing(join(root, which)).then((files) => {
          response.setHeader('Content-Type', 'application/json');
          response.end(JSON.stringify(files));
        }, next);
      });
    },
    async generateBundle() {
      for (const entry of await readdir(root, { withFileTypes: true })) {
        if (!entry.isDirectory()) continue;
        const source = JSON.stringify(await listing(join(root, entry.name)));
        this.emitFile({ type: 'asset', fileName: `demo/${entry.name}/files.json`, source });
      }
    },
  };
}

async function listing(folder: string): Promise<Listing> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  const listed = paths.toSorted().map(async (path) => {
    const blob = new Blob([await readFile(join(folder, path))]);
    const digests = await digestChunks(blob, hashChunkBytes, new AbortController().signal);
    const id = await contentId([{ name: path, digests: [digests] }]);
    return [path.replaceAll('\\', '/'), { bytes: blob.size, id }] as const;
  });
  return Object.fromEntries(await Promise.all(listed));
}
