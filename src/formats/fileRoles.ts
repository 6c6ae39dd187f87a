/** What a file of a drop is for, by its path alone. */
export type FileRole = 'weights' | 'shardIndexes' | 'recipe' | 'side' | 'ignored' | 'foreign';

const hidden = /(?:^|\/)(?:\.|__MACOSX\/)/;
const leftovers =
  /(?:^|\/)(?:Thumbs\.db|desktop\.ini|MLmodel|latest(?:_universal)?|training_args\.bin|(?:optimizer|scheduler|scaler|sampler|rng_state|random_states|custom_checkpoint)[\w.-]*\.(?:bin|pt|pth|pkl)|trainer_state\.json|\w+_results\.json|events\.out\.tfevents[^/]*|(?:tf_model|flax_model)[\w.-]*\.index(?:\.\w+)?\.json)$/;
const side =
  /(?:\.(?:json|txt|md|model|jinja|tiktoken|vocab|bpe|spm|py)|(?:^|\/)(?:LICENSE|LICENCE|NOTICE|COPYING|USE_POLICY|README)[^/]*)$/i;

/** The role of a file; `foreign` ones are to be recognised, and refused, by their bytes. */
export function roleOf(path: string): FileRole {
  if (hidden.test(path) || leftovers.test(path)) return 'ignored';
  if (/\.(?:safetensors|bin)\.index(?:\.[\w-]+)?\.json$/.test(path)) return 'shardIndexes';
  if (/(?:^|\/)model-rank-\d+-part-\d+\.safetensors$/.test(path)) return 'foreign';
  if (/\.safetensors$/i.test(path)) return 'weights';
  if (/\.ya?ml$/i.test(path)) return 'recipe';
  if (/(?:^|\/)model\.json$/.test(path)) return 'foreign';
  return side.test(path) ? 'side' : 'foreign';
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
