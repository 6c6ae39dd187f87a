import { mkdtempSync, mkdirSync, openAsBlob, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'vite';

const checkpoints = 10;
const shards = 10;
const tensorsPerShard = 100;
const tensorBytes = 4 * 1024 * 1024;
const parts = 'self_attn.q self_attn.k self_attn.v self_attn.o mlp.gate mlp.up mlp.down'.split(' ');

/**
 * Measures, in Node on files with 1,000 tensors in 10 shards each, how long 10 checkpoints take to open and to preflight.
 * @returns {Promise<{ openSeconds: number, preflightSeconds: number }>}
 */
export async function measurePreflight() {
  const folder = mkdtempSync(join(tmpdir(), 'stitchwork-preflight-'));
  const vite = await createServer({
    configFile: false,
    optimizeDeps: { noDiscovery: true },
    logLevel: 'error',
    server: { middlewareMode: true },
  });
  try {
    const { openCheckpoints } = await vite.ssrLoadModule('/src/formats/open.ts');
    const { identifyArchitecture } = await vite.ssrLoadModule('/src/models/registry.ts');
    const { preflight } = await vite.ssrLoadModule('/src/merge/preflight.ts');
    const sources = (
      await Promise.all(names('m', checkpoints).map((m) => write(folder, m)))
    ).flat();
    const start = performance.now();
    const inspection = await openCheckpoints(sources, identifyArchitecture);
    const opened = performance.now();
    const [base, ...models] = inspection.checkpoints;
    /** @type {import('../src/api/preflight.ts').Preflight} */
    const report = preflight(base, models, 'blocks');
    const done = performance.now();
    const fits = report.models.filter(({ refusal }) => refusal === null).length;
    if (fits !== checkpoints - 1) throw new Error(`Only ${fits} of the checkpoints fit the base.`);
    return { openSeconds: (opened - start) / 1000, preflightSeconds: (done - opened) / 1000 };
  } finally {
    await vite.close();
    rmSync(folder, { recursive: true });
  }
}

const names = (/** @type {string} */ stem, /** @type {number} */ count) =>
  Array.from({ length: count }, (_, at) => stem + at);

/** Writes one sharded checkpoint whose files are all hole but for their headers. */
async function write(/** @type {string} */ folder, /** @type {string} */ model) {
  mkdirSync(join(folder, model));
  /** @type {Record<string, string>} */
  const weightMap = {};
  const files = ['model.safetensors.index.json'];
  for (let shard = 0; shard < shards; shard++) {
    const file = `model-${String(shard + 1).padStart(5, '0')}-of-${String(shards).padStart(5, '0')}.safetensors`;
    files.push(file);
    const tensors = names('', tensorsPerShard).map((_, at) => {
      const number = shard * tensorsPerShard + at;
      const name = `model.layers.${Math.floor(number / parts.length)}.${parts[number % parts.length]}_proj.weight`;
      weightMap[name] = file;
      const data_offsets = [at * tensorBytes, (at + 1) * tensorBytes];
      return [name, { dtype: 'F32', shape: [1024, tensorBytes / 4096], data_offsets }];
    });
    const header = Buffer.from(JSON.stringify(Object.fromEntries(tensors)));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    const path = join(folder, model, file);
    writeFileSync(path, Buffer.concat([length, header]));
    truncateSync(path, 8 + header.length + tensorsPerShard * tensorBytes);
  }
  writeFileSync(join(folder, model, files[0] ?? ''), JSON.stringify({ weight_map: weightMap }));
  return Promise.all(
    files.map(async (file) => ({
      path: `${model}/${file}`,
      blob: await openAsBlob(join(folder, model, file)),
    })),
  );
}
