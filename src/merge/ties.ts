import { findTied, tiedEndings, type TiedTensors } from '../models/tiedTensors.ts';
import { isMergeable } from '../tensor/dtype.ts';
import { tensorBytes, type TensorInfo } from '../tensor/tensorIndex.ts';
import type { CheckpointHeader, Meets, ModelTies } from './checkpointHeader.ts';

/** A tensor that is another in the base, but not in every model: it merges by itself, and the output is untied. */
export interface UntiedTensor {
  name: string;
  /** The tensor that it is in the base. */
  to: string;
  /** Checkpoints in which it differs. */
  differs: string[];
}

/** What becomes of tensors that are one where a checkpoint is tied. */
export interface TiePlan {
  /** Tensors that the base lacks, as which one that they are tied to stands: they follow the base's in the output. */
  added: TensorInfo[];
  /** Tensors of the base that are written as another is: names by names. */
  follows: ReadonlyMap<string, string>;
  untied: UntiedTensor[];
  models: ModelTies[];
}

/**
 * Tells by values what is tied: a tensor that repeats another in the base and in all models is written as that one; one that
 * differs somewhere merges by itself. Where values were not compared, tensors count as different.
 */
export function planTies(
  base: CheckpointHeader,
  models: readonly CheckpointHeader[],
  { inScope, meets }: { inScope: (tensor: TensorInfo) => boolean; meets: Meets },
): TiePlan {
  const { architecture } = base;
  const theirs = models.map(({ index }) => findTied(architecture, index.tensors));
  const groups = new Map(tiedEndings(architecture).map((endings) => [endings[0]!, endings]));
  const added: TensorInfo[] = [];
  const follows = new Map<string, string>();
  const untied: UntiedTensor[] = [];
  const ties = models.map(() => ({
    standIns: new Map<string, TensorInfo>(),
    repeats: [] as { name: string; to: string }[],
  }));
  for (const [key, ours] of findTied(architecture, base.index.tensors)) {
    const [[sourceEnding, source] = ['', null]] = ours;
    const endings = groups.get(key.slice(key.lastIndexOf('/') + 1)) ?? [];
    if (!source) continue;
    const members = theirs.map((tied) => tied.get(key));
    for (const ending of endings) {
      const own = ours.get(ending);
      const found = own ?? renamed(source, nameBeside(source.name, sourceEnding, ending));
      // A head that config.json unties is its own, whatever it holds.
      const isOwn = own !== undefined && base.ties?.told === false && !ending.includes('embed');
      const apartInBase = isOwn || isApart(base, ours, ending);
      const tensors = members.map((tied, m) => {
        const told = models[m]?.ties?.told ?? null;
        // Where the base has a head of its own, a fine-tune without one is more likely headless than tied.
        const stands = ending === sourceEnding || (apartInBase ? told === true : told !== false);
        return tied?.get(ending) ?? (stands ? sourceOf(tied) : undefined);
      });
      if (ending !== sourceEnding && !apartInBase) {
        const apart = models.filter(
          (model, m) => isKin(base, model) && isApart(model, members[m], ending),
        );
        const differs = apart.length > 0 && inScope(found);
        const fitting =
          base.ties?.told !== false &&
          tensors.every((each) => each && isMergeable(each.dtype) && meets(found, each));
        if (differs && (own || fitting)) {
          untied.push({
            name: found.name,
            to: source.name,
            differs: apart.map(({ name }) => name),
          });
          if (!own) added.push(found);
        } else {
          for (const [m, tied] of members.entries()) {
            const tensor = tied?.get(ending);
            if (tensor && models[m]?.ties?.copies.includes(tensor.name))
              ties[m]!.repeats.push({ name: own?.name ?? tensor.name, to: source.name });
          }
          if (!own) continue;
          follows.set(own.name, source.name);
        }
      }
      for (const [m, tensor] of tensors.entries())
        if (tensor) ties[m]!.standIns.set(found.name, tensor);
    }
  }
  return { added, follows, untied, models: ties };
}

/** A tensor under another name than that which its checkpoint has it by. */
function renamed(tensor: TensorInfo, name: string): TensorInfo {
  const { dtype, shape, file, start, end } = tensor;
  const pieces = [{ tensor, start: 0, end: tensorBytes(tensor) }];
  return { name, dtype, shape, file, start, end, pieces };
}

const sourceOf = (tied: TiedTensors | undefined) => tied?.values().next().value;

/** Whether a checkpoint has its own values under this of the tied names. */
function isApart(
  { ties }: CheckpointHeader,
  tied: TiedTensors | undefined,
  ending: string,
): boolean {
  const tensor = tied?.get(ending);
  return tensor !== undefined && tensor !== sourceOf(tied) && !ties?.copies.includes(tensor.name);
}

/** Whether they may be of one architecture: others are refused. */
function isKin(
  { architecture: ours }: CheckpointHeader,
  { architecture: theirs }: CheckpointHeader,
) {
  return ours === null || theirs === null || ours === theirs;
}

/** The name that a tensor has beside one that it is tied to: embeddings stand where that one stands, heads outside the backbone. */
function nameBeside(source: string, sourceEnding: string, ending: string): string {
  const before = source.slice(0, source.length - sourceEnding.length);
  const wrappers = /^(?:.*\/)?(?:(?:module|_\w+|base_model\.model)\.)*/.exec(before)?.[0] ?? '';
  return (ending.includes('embed') ? before : wrappers) + ending;
}
