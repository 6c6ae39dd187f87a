/** A file that is a part of a data set: the path that all its parts have in common, and how many there are where it says so. */
export interface Shard {
  set: string;
  of: number | null;
}

/** "train-00000-of-00002", also with a hash behind it. */
const counted = /^(.*?)[-_.]?\d{4,6}-of-(\d{4,6})(?:-[0-9a-f]{6,})?$/;
/** Folders that say nothing of what is in them. */
const plainFolders = /^(?:data|default|plain_text|cropped_digits|\d+\.\d+\.\d+)$/;
/** A folder of the cache of datasets, whose files are "glue-train.arrow". */
const cacheFolder = /^[0-9a-f]{16,}$/;

/**
 * The data set of a file by its path, as Hugging Face names them: "sst2/train-00000-of-00002.parquet",
 * "sst2/train/0000.parquet" and "sst2/train/data-00000-of-00001.arrow" are all of "sst2/train"; null for other files.
 */
export function shardOf(path: string): Shard | null {
  const parts = path.split('/');
  const file = parts.pop() ?? '';
  const stem = file.replace(/\.(?:parquet|arrow|jsonl|ndjson|csv|tsv)$/i, '');
  if (stem === file) return null;
  const [, name = /^\d{4,6}$/.test(stem) ? '' : null, of = null] = counted.exec(stem) ?? [];
  const isCached = parts.some((folder) => cacheFolder.test(folder)) && !/^cache-/.test(stem);
  const [, split] = (isCached && /-([a-z]+)$/.exec(name ?? stem)) || [];
  if (name === null && split === undefined) return null;
  const own = split ?? (name === 'data' ? '' : name);
  const folders = parts.filter((folder, at) => at === 0 || !plainFolders.test(folder));
  const set = [...folders.filter((folder) => !isCached || !cacheFolder.test(folder)), own];
  const joined = set.filter(Boolean).join('/');
  return joined === '' ? null : { set: joined, of: of === null ? null : Number(of) };
}

/** Says which parts of a data set are missing, by the paths of its files; null when none is. */
export function missingParts(paths: readonly string[]): string | null {
  const [of] = paths.map((path) => shardOf(path)?.of ?? null);
  if (of === undefined || of === null || paths.length >= of) return null;
  return `Only ${paths.length} of its ${of} files are here.`;
}
