import { version } from '../../package.json';
import {
  withDtype,
  withoutQuantization,
  withoutTies,
  withVocabulary,
} from '../export/configDtype.ts';
import { cardLoader } from '../export/loadInPython.ts';
import { mergekitConfig } from '../export/mergekitConfig.ts';
import { modelCard } from '../export/modelCard.ts';
import type { ComposedFile } from '../export/outputFiles.ts';
import { folderOf, nameOf } from '../formats/fileRoles.ts';
import { sideFilesOf } from '../formats/sideFiles.ts';
import { methodFor } from '../merge/methods/registry.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { StoredCheckpoint } from '../storage/checkpoints.ts';
import { partOf } from '../tensor/modelParts.ts';
import { dtypesOf } from '../library/dtypesOf.ts';
import { resultOf, type MergeRecord } from './runRecord.ts';
import { renamedRecipe } from '../library/renamedRecipe.ts';
import { configText, parseConfig } from '../library/sideConfig.ts';

/** Name under which the base's own card is kept. */
const baseCard = 'base-README.md';
const ownCard = /^readme\.md$/i;
const replaced = /^(?:base-readme\.md|mergekit_config\.ya?ml)$/i;

/** A part's config.json as it fits the output: codes of the base were written as float32 where the recipe keeps its dtypes. */
function mended(
  config: string,
  part: string,
  { laid, ...base }: StoredCheckpoint,
  record: MergeRecord,
): string {
  if (laid) return mended(config, part, laid.on, record);
  const { recipe, untied = [], words } = record;
  const { out_dtype } = recipe;
  const isWhole = part === '';
  const tied = words && isWhole ? withVocabulary(config, words.rows) : config;
  const own = untied.length > 0 && isWhole ? withoutTies(tied) : tied;
  const tensors = base.index.tensors.filter(({ name }) => partOf(base, name).path === part);
  if (!tensors.some(({ codes }) => codes)) return withDtype(own, out_dtype);
  return withoutQuantization(withDtype(own, out_dtype === 'base' ? 'float32' : out_dtype));
}

/** What makes a tokenizer in Python. */
const tokenizerFile =
  /^(?:tokenizer.*|vocab\..*|merges\.txt|special_tokens_map\.json|added_tokens\.json|.*\.(?:spm|model|tiktoken)|sentencepiece.*|chat_template\..*)$/;

/** The base's side files, with the tokenizer of another checkpoint where that has one. */
function filesBeside(base: StoredCheckpoint, words?: StoredCheckpoint): ComposedFile[] {
  const filesOf = (checkpoint: StoredCheckpoint) =>
    sideFilesOf(checkpoint).map(({ path, blob }) => ({ name: path, blob }));
  const isTokenizer = ({ name }: ComposedFile) => tokenizerFile.test(name);
  const theirs = words ? filesOf(words).filter(isTokenizer) : [];
  if (theirs.length === 0) return filesOf(base);
  return [...filesOf(base).filter((file) => !isTokenizer(file)), ...theirs];
}

/** The recipe with adapters as mergekit names them: base+adapter. */
function onBases(recipe: Recipe, inputs: MergeRecord['inputs']): Recipe {
  let next = 0;
  const called = (name: string) => {
    const on = inputs[next++]?.adapter;
    return on && !name.includes('+') ? `${on}+${name}` : name;
  };
  return renamedRecipe(recipe, called, (name) => name);
}
const noMergekit = { reason: 'mergekit merges no models of several folders' };

/**
 * What lies beside the merged weights: the base's side files, the model card and mergekit's configuration. The base's
 * README.md becomes base-README.md, each config.json tells the dtype of the output, and what an earlier merge put beside the
 * base is left out. The tokenizer is that of the model with more `words`, where the output has these.
 */
export async function companions(
  record: MergeRecord,
  base: StoredCheckpoint,
  weightNames: readonly string[],
  words?: StoredCheckpoint,
): Promise<ComposedFile[]> {
  const { recipe, inputs } = record;
  const result = record.result && resultOf(record.result);
  const own = filesBeside(base, words);
  const method = methodFor(recipe);
  if (!result || !method) return own;
  const hasCard = own.some(({ name }) => ownCard.test(name));
  const side = own
    .filter(({ name }) => !replaced.test(name))
    .map(({ name, blob }) => ({ name: ownCard.test(name) ? baseCard : name, blob }));
  const config = parseConfig(await configText(base));
  const patches = inputs.flatMap(({ name, patch }) => (patch ? [name] : []));
  const { remarks, parameters } = result;
  const mergekit = base.parts
    ? noMergekit
    : mergekitConfig(
        onBases(recipe, inputs),
        method,
        dtypesOf(base.index),
        parameters,
        patches,
        remarks,
      );
  const card = modelCard({
    recipe,
    inputs,
    method,
    result,
    mergekit,
    version,
    loader: cardLoader(
      side.map(({ name }) => name),
      config,
      weightNames,
    ),
    baseCard: hasCard ? baseCard : null,
  });
  const mend = async (file: ComposedFile): Promise<ComposedFile> => {
    if (nameOf(file.name) !== 'config.json') return file;
    const part = folderOf(file.name);
    const text = await configText(base, part);
    return text === null ? file : { ...file, blob: new Blob([mended(text, part, base, record)]) };
  };
  return [
    ...(await Promise.all(side.map(mend))),
    { name: 'README.md', blob: new Blob([card], { type: 'text/markdown' }) },
    ...('text' in mergekit
      ? [{ name: 'mergekit_config.yml', blob: new Blob([mergekit.text], { type: 'text/yaml' }) }]
      : []),
  ];
}
