import { faultsOf } from '../errors.ts';
import { parseStrictJson } from './strictJson.ts';

const remedy = 'Download the folder again, with all its files.';

/** Which shard (a file name) holds each tensor. Throws BadFile; shards must be plain names of files of the index's format. */
export function parseShardIndex(path: string, bytes: Uint8Array): Map<string, string> {
  const fail = faultsOf(path, remedy);
  const root = parseStrictJson(bytes, { what: `${path}: the index`, remedy });
  const map = root instanceof Map ? root.get('weight_map') : undefined;
  if (!(map instanceof Map))
    throw fail('has no weight_map that tells which file holds each tensor');
  const ending = /\.bin\.index(?:\.[\w-]+)?\.json$/.test(path) ? '.bin' : '.safetensors';
  const shards = new Map<string, string>();
  for (const [tensor, shard] of map) {
    if (typeof shard !== 'string') {
      throw fail(`gives tensor ${JSON.stringify(tensor)} a shard that is not a file name`);
    }
    if (!isBasename(shard, ending)) {
      throw fail(
        `puts tensor ${JSON.stringify(tensor)} into ${JSON.stringify(shard)}, which is not a plain file name`,
      );
    }
    shards.set(tensor, shard);
  }
  if (shards.size === 0) throw fail('has an empty weight_map');
  return shards;
}

function isBasename(name: string, ending: string): boolean {
  return /^[^./\\\0][^/\\\0]*$/.test(name) && name.endsWith(ending);
}

/** Throws BadFile unless every tensor lies in the shard that the index names, and the shards hold no others. */
export function checkShards(
  path: string,
  weightMap: ReadonlyMap<string, string>,
  shards: readonly { name: string; tensors: readonly { name: string }[] }[],
): void {
  const fail = faultsOf(path, remedy);
  const held = new Map<string, Set<string>>();
  for (const { name, tensors } of shards) held.set(name, new Set(tensors.map((t) => t.name)));
  for (const [tensor, shard] of weightMap) {
    if (!held.get(shard)?.has(tensor)) {
      throw fail(`puts tensor ${JSON.stringify(tensor)} into ${shard}, which does not hold it`);
    }
  }
  for (const { name: shard, tensors } of shards) {
    for (const { name } of tensors) {
      const named = weightMap.get(name);
      if (named === shard) continue;
      const met = named === undefined ? 'does not name it' : `puts it into ${named}`;
      throw fail(
        `disagrees with ${shard}: that file holds tensor ${JSON.stringify(name)}, and the index ${met}`,
      );
    }
  }
}

/** Name of shard `number` (from 1) of `count`: model-00001-of-00003.safetensors. */
export function shardName(number: number, count: number, stem = 'model'): string {
  const digits = (n: number) => String(n).padStart(5, '0');
  return `${stem}-${digits(number)}-of-${digits(count)}.safetensors`;
}

/** The text of model.safetensors.index.json; `totalBytes` counts tensor bytes alone. */
export function formatShardIndex(
  shards: readonly { name: string; tensors: readonly string[] }[],
  totalBytes: number,
): string {
  const weightMap = Object.fromEntries(
    shards.flatMap(({ name, tensors }) => tensors.map((tensor) => [tensor, name])),
  );
  return `${JSON.stringify({ metadata: { total_size: totalBytes }, weight_map: weightMap }, null, 2)}\n`;
}
