import { unsupported } from '../errors.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import type { Architecture } from './architecture.ts';
import { bert } from './bert.ts';
import type { BuildTowers } from './block.ts';
import { clip } from './clip.ts';
import { gpt2 } from './gpt2.ts';
import { llama } from './llama.ts';
import { roberta } from './roberta.ts';
import { spell } from './spellings.ts';
import { t5 } from './t5.ts';
import { vit } from './vit.ts';

/** Every architecture that is known, by id. */
export const architectures = {
  roberta,
  bert,
  clip,
  vit,
  gpt2,
  llama,
  t5,
} satisfies Record<string, Architecture>;

const known: readonly Architecture[] = Object.values(architectures);

/** The architecture of an id, or null. */
export function architectureOf(id: string | null): Architecture | null {
  return known.find((architecture) => architecture.id === id) ?? null;
}

/**
 * The towers of a checkpoint of this architecture (an id, or null for an unknown one), from its tensors and config.json ({}
 * when there is none). Throws Unsupported when it can only be merged, Incompatible when tensors or config do not fit.
 */
export function buildTowers(
  id: string | null,
  tensors: readonly TensorInfo[],
  config: Readonly<Record<string, unknown>>,
): ReturnType<BuildTowers> {
  const architecture = architectureOf(id);
  if (architecture?.build) return architecture.build(tensors, config);
  const able = known.filter(({ build }) => build).map(({ label }) => label);
  throw unsupported(
    `${architecture?.label ?? 'A model of unknown architecture'} can be merged, but not run. ${able.join(', ')} can: use a method that needs no data, or one of these.`,
  );
}

/**
 * Id of a checkpoint's architecture, or null: by config.json's model_type when there is one and the tensors
 * bear it out, else by the names and sizes of the tensors.
 */
export function identifyArchitecture(
  modelType: string | null,
  stored: readonly { name: string; shape: readonly number[] }[],
): string | null {
  const tensors = stored.map(({ name, shape }) => ({ name: spell(name), shape }));
  const hasBlocks = ({ stacks }: Architecture) =>
    tensors.some(({ name }) => stacks.some(({ pattern }) => pattern.test(name)));
  if (modelType !== null) {
    const named = known.find(({ modelTypes }) => modelTypes.includes(modelType));
    if (!named || hasBlocks(named)) return named?.id ?? null;
  }
  const bearsSignature = ({ signatures }: Architecture) =>
    signatures.some(({ name: pattern, rows }) =>
      tensors.some(
        ({ name, shape }) => (rows === undefined || shape[0] === rows) && pattern.test(name),
      ),
    );
  return known.find((each) => hasBlocks(each) && bearsSignature(each))?.id ?? null;
}
