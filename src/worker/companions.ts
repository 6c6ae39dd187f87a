import { version } from '../../package.json';
import { cardLoader } from '../export/loadInPython.ts';
import { mergekitConfig } from '../export/mergekitConfig.ts';
import { modelCard } from '../export/modelCard.ts';
import type { ComposedFile } from '../export/outputFiles.ts';
import { methodFor } from '../merge/methods/registry.ts';
import type { StoredCheckpoint } from '../storage/checkpoints.ts';
import { dtypesOf } from './dtypesOf.ts';
import type { MergeRecord } from './runRecord.ts';

/** Name under which the base's own card is kept. */
const baseCard = 'base-README.md';
const ownCard = /^readme\.md$/i;
const replaced = /^(?:base-readme\.md|mergekit_config\.ya?ml)$/i;

const largestConfig = 4e6;

/**
 * What lies beside the merged weights: the base's side files, the model card and mergekit's configuration. The base's
 * README.md becomes base-README.md; what an earlier merge put beside the base is left out.
 */
export async function companions(
  { recipe, inputs, result }: MergeRecord,
  base: StoredCheckpoint,
  sharded: boolean,
): Promise<ComposedFile[]> {
  const own = base.sideFiles.map(({ path, blob }) => ({ name: fileName(path), blob }));
  const method = methodFor(recipe);
  if (!result || !method) return own;
  const hasCard = own.some(({ name }) => ownCard.test(name));
  const side = own
    .filter(({ name }) => !replaced.test(name))
    .map(({ name, blob }) => ({ name: ownCard.test(name) ? baseCard : name, blob }));
  const config = side.find(({ name }) => name === 'config.json');
  const patches = inputs.flatMap(({ name, patch }) => (patch ? [name] : []));
  const mergekit = mergekitConfig(recipe, method, dtypesOf(base.index), patches);
  const card = modelCard({
    ...{ recipe, inputs, method, result, mergekit, version },
    loader: cardLoader(
      side.map(({ name }) => name),
      config ? await readConfig(config.blob) : {},
      sharded,
    ),
    baseCard: hasCard ? baseCard : null,
  });
  return [
    ...side,
    { name: 'README.md', blob: new Blob([card], { type: 'text/markdown' }) },
    ...('text' in mergekit
      ? [{ name: 'mergekit_config.yml', blob: new Blob([mergekit.text], { type: 'text/yaml' }) }]
      : []),
  ];
}

/** config.json as far as it can be read: a card is no place to fail at it. */
async function readConfig(blob: Blob): Promise<Readonly<Record<string, unknown>>> {
  if (blob.size > largestConfig) return {};
  const text = await blob.text();
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return {};
    throw thrown;
  }
}

const fileName = (path: string) => path.slice(path.lastIndexOf('/') + 1);
