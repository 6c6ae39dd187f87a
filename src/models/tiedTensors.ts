import type { TensorInfo } from '../tensor/tensorIndex.ts';
import type { Architecture } from './architecture.ts';
import { architectureOf } from './registry.ts';

/** Of models of unknown architecture. */
const unknown: Architecture['tied'] = [
  ...['encoder.embed_tokens', 'decoder.embed_tokens', 'lm_head', 'proj_out'].map((each) => ({
    name: `${each}.weight`,
    to: 'shared.weight',
  })),
  ...['lm_head', 'lm_head.decoder', 'cls.predictions.decoder', 'predictions.decoder']
    .concat('vocab_projector', 'generator_lm_head')
    .map((each) => ({ name: `${each}.weight`, to: 'word_embeddings.weight' })),
  ...['embed_tokens', 'wte', 'tok_embeddings', 'embeddings'].map((each) => ({
    name: 'lm_head.weight',
    to: `${each}.weight`,
  })),
  { name: 'lm_loss.weight', to: 'word_embedding.weight' },
  { name: 'pred_layer.proj.weight', to: 'embeddings.weight' },
];

/** Tensors of a checkpoint that are one where it is tied, by the endings of their names; the first is the one that others repeat. */
export type TiedTensors = ReadonlyMap<string, TensorInfo>;

/** Endings of the names of tied tensors, the one that others repeat first. */
export function tiedEndings(architecture: string | null): string[][] {
  const groups = new Map<string, string[]>();
  for (const { name, to } of architectureOf(architecture)?.tied ?? unknown)
    groups.set(to, [...(groups.get(to) ?? [to]), name]);
  return [...groups.values()];
}

/** What a checkpoint has of tied tensors, by what tells them from others: the part of the model, and the first ending. */
export function findTied(
  architecture: string | null,
  tensors: readonly TensorInfo[],
): ReadonlyMap<string, TiedTensors> {
  const found = new Map<string, TiedTensors>();
  const taken = new Set<TensorInfo>();
  for (const endings of tiedEndings(architecture)) {
    const byPart = new Map<string, TensorInfo[]>();
    for (const tensor of tensors) {
      if (taken.has(tensor) || !endings.some((ending) => endsAs(tensor.name, ending))) continue;
      const part = partOf(tensor.name);
      byPart.set(part, [...(byPart.get(part) ?? []), tensor]);
    }
    for (const [part, list] of byPart) {
      const members = new Map<string, TensorInfo>();
      for (const ending of endings) {
        const tensor = list.find(({ name }) => endsAs(name, ending));
        if (tensor) members.set(ending, tensor);
      }
      // A head alone is tied to nothing here.
      const [source = ''] = members.keys();
      if (members.size < 2 && source !== endings[0] && !source.includes('embed')) continue;
      for (const tensor of members.values()) taken.add(tensor);
      found.set(part + endings[0], members);
    }
  }
  return found;
}

/** The tensor that stands for the one of a name which is tied to it and not stored; null where none does, or several may. */
export function standsFor(
  name: string,
  architecture: string | null,
  tensors: readonly TensorInfo[],
): TensorInfo | null {
  const tied = findTied(architecture, tensors);
  const sources = tiedEndings(architecture)
    .filter((endings) => endings.some((ending) => endsAs(name, ending)))
    .flatMap(([first = '']) => [...(tied.get(partOf(name) + first)?.values() ?? [])].slice(0, 1));
  const [source, ...others] = new Set(sources);
  return others.length === 0 ? (source ?? null) : null;
}

/** Of a model of several parts, the folder of a tensor's part. */
const partOf = (name: string) => name.slice(0, name.lastIndexOf('/') + 1);

const endsAs = (name: string, ending: string) =>
  name === ending || name.endsWith(`.${ending}`) || name.endsWith(`/${ending}`);
