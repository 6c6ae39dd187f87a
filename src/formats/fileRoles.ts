/** What a file of a drop is for, by its path alone. */
export type FileRole = 'weights' | 'shardIndexes' | 'recipe' | 'side' | 'ignored' | 'foreign';

const hidden = /(?:^|\/)(?:\.|__MACOSX\/)/;
const leftovers =
  /(?:^|\/)(?:Thumbs\.db|desktop\.ini|MLmodel|training_args\.bin|(?:optimizer|scheduler|scaler|sampler|rng_state|random_states|custom_checkpoint)[\w.-]*\.(?:bin|pt|pth|pkl)|trainer_state\.json|\w+_results\.json|events\.out\.tfevents[^/]*|(?:tf_model|flax_model)[\w.-]*\.index(?:\.\w+)?\.json)$/;
const side =
  /(?:\.(?:json|txt|md|model|jinja|tiktoken|vocab|bpe|spm|py)|(?:^|\/)(?:LICENSE|LICENCE|NOTICE|COPYING|USE_POLICY|README)[^/]*)$/i;

/** The role of a file; `foreign` ones are to be recognised, and refused, by their bytes. */
export function roleOf(path: string): FileRole {
  if (hidden.test(path) || leftovers.test(path)) return 'ignored';
  if (/\.(?:safetensors|bin)\.index\.json$/.test(path)) return 'shardIndexes';
  if (/\.safetensors$/i.test(path)) return 'weights';
  if (/\.ya?ml$/i.test(path)) return 'recipe';
  if (/(?:^|\/)model\.json$/.test(path)) return 'foreign';
  return side.test(path) ? 'side' : 'foreign';
}

/** Names that transformers gives to the same weights in other formats. */
const otherCopies =
  /^(?:pytorch_model|tf_model|flax_model|rust_model|open_clip_pytorch_model|consolidated|model)\b|^group\d+-shard\d+of\d+\b|\.msgpack$|\.ot$/;
const exportFolders = /(?:^|\/)(?:onnx|openvino|coreml|gguf|original)$/;

/** Whether a file holds, by its name, the same weights as others of the drop that are better read, by their paths. */
export function repeatsWeights(path: string, weights: readonly string[]): boolean {
  const folder = folderOf(path);
  const inFolder = (other: string) => weights.filter((each) => folderOf(each) === other);
  if (exportFolders.test(folder)) return inFolder(folderOf(folder)).length > 0;
  const beside = inFolder(folder);
  if (beside.length === 0) return false;
  const stem = stemOf(path);
  return otherCopies.test(nameOf(path)) || beside.some((each) => stemOf(each) === stem);
}

/** The path of a file's folder, "" at the top. */
export function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The name of a file without its last ending. */
export function stemOf(path: string): string {
  return nameOf(path).replace(/(.)\.[^.]*$/, '$1');
}
