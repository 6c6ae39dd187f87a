import { version } from '../../package.json';
import { withDtype, withoutQuantization } from '../export/configDtype.ts';
import { cardLoader } from '../export/loadInPython.ts';
import { mergekitConfig } from '../export/mergekitConfig.ts';
import { modelCard } from '../export/modelCard.ts';
import type { ComposedFile } from '../export/outputFiles.ts';
import { nameOf } from '../formats/fileRoles.ts';
import { methodFor } from '../merge/methods/registry.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { StoredCheckpoint } from '../storage/checkpoints.ts';
import { dtypesOf } from '../library/dtypesOf.ts';
import type { MergeRecord } from './runRecord.ts';
import { renamedRecipe } from '../library/renamedRecipe.ts';
import { configText, parseConfig } from '../library/sideConfig.ts';

/** Name under which the base's own card is kept. */
const baseCard = 'base-README.md';
const ownCard = /^readme\.md$/i;
const replaced = /^(?:base-readme\.md|mergekit_config\.ya?ml)$/i;

/** config.json as it fits the output: codes of the base were written as float32 where the recipe keeps its dtypes. */
function mended(config: string, { index, laid }: StoredCheckpoint, recipe: Recipe): string {
  if (laid) return mended(config, laid.on, recipe);
  const { out_dtype } = recipe;
  if (!index.tensors.some(({ codes }) => codes)) return withDtype(config, out_dtype);
  return withoutQuantization(withDtype(config, out_dtype === 'base' ? 'float32' : out_dtype));
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

/**
 * What lies beside the merged weights: the base's side files, the model card and mergekit's configuration. The base's
 * README.md becomes base-README.md, its config.json tells the dtype of the output, and what an earlier merge put beside the
 * base is left out.
 */
export async function companions(
  { recipe, inputs, result }: MergeRecord,
  base: StoredCheckpoint,
  sharded: boolean,
): Promise<ComposedFile[]> {
  const own = base.sideFiles.map(({ path, blob }) => ({ name: nameOf(path), blob }));
  const method = methodFor(recipe);
  if (!result || !method) return own;
  const hasCard = own.some(({ name }) => ownCard.test(name));
  const side = own
    .filter(({ name }) => !replaced.test(name))
    .map(({ name, blob }) => ({ name: ownCard.test(name) ? baseCard : name, blob }));
  const config = await configText(base.sideFiles);
  const patches = inputs.flatMap(({ name, patch }) => (patch ? [name] : []));
  const renamed = result.remarks.flatMap(({ kind, tensors }) =>
    kind === 'renamed' ? tensors : [],
  );
  const mergekit = mergekitConfig(
    onBases(recipe, inputs),
    method,
    dtypesOf(base.index),
    patches,
    renamed,
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
      parseConfig(config),
      sharded,
    ),
    baseCard: hasCard ? baseCard : null,
  });
  return [
    ...side.map((file) =>
      file.name === 'config.json' && config !== null
        ? { ...file, blob: new Blob([mended(config, base, recipe)]) }
        : file,
    ),
    { name: 'README.md', blob: new Blob([card], { type: 'text/markdown' }) },
    ...('text' in mergekit
      ? [{ name: 'mergekit_config.yml', blob: new Blob([mergekit.text], { type: 'text/yaml' }) }]
      : []),
  ];
}
