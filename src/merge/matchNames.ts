import { architectures } from '../models/registry.ts';
import { countElements, type TensorInfo } from '../tensor/tensorIndex.ts';

/** The tensors of a model by the base's names. */
export interface NameMatch {
  /** What was taken from and put before the model's names, or null when the names are equal. */
  prefix: { add: string; remove: string } | null;
  byBaseName: ReadonlyMap<string, TensorInfo>;
  /** Tensors without a counterpart in the base. */
  extra: readonly TensorInfo[];
}

/** Prefixes of training wrappers, and of every architecture. */
const knownPrefixes = [
  'module.',
  'model.',
  '_orig_mod.',
  'base_model.model.',
  ...new Set(Object.values(architectures).flatMap(({ prefixes }) => prefixes)),
];

const maxPrefixes = 3;

/** Pairs equal names; when another prefix makes more tensors meet in name and shape, by that prefix. */
export function matchNames(base: readonly TensorInfo[], model: readonly TensorInfo[]): NameMatch {
  const baseByName = new Map(base.map((tensor) => [tensor.name, tensor]));
  let best = pair(baseByName, model, null);
  let bestScore = score(best, baseByName);
  if (bestScore === base.length) return best;
  for (const remove of prefixesOf(model)) {
    for (const add of prefixesOf(base)) {
      if (remove === add) continue;
      const candidate = pair(baseByName, model, { add, remove });
      const candidateScore = score(candidate, baseByName);
      if (candidateScore > bestScore) [best, bestScore] = [candidate, candidateScore];
    }
  }
  return best;
}

function pair(
  base: ReadonlyMap<string, TensorInfo>,
  model: readonly TensorInfo[],
  prefix: NameMatch['prefix'],
): NameMatch {
  const byBaseName = new Map<string, TensorInfo>();
  const extra: TensorInfo[] = [];
  for (const tensor of model) {
    const renamed = prefix ? rename(tensor.name, prefix) : tensor.name;
    const name = base.has(renamed) ? renamed : tensor.name;
    if (base.has(name) && !byBaseName.has(name)) byBaseName.set(name, tensor);
    else extra.push(tensor);
  }
  return { prefix, byBaseName, extra };
}

function rename(name: string, { add, remove }: { add: string; remove: string }): string {
  return name.startsWith(remove) ? add + name.slice(remove.length) : name;
}

/** Number of tensors that meet in name and shape. */
function score({ byBaseName }: NameMatch, base: ReadonlyMap<string, TensorInfo>): number {
  let met = 0;
  for (const [name, tensor] of byBaseName) {
    const counterpart = base.get(name);
    if (counterpart && sameShape(counterpart.shape, tensor.shape)) met++;
  }
  return met;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, at) => size === b[at]);
}

/** The empty prefix and every chain of known prefixes that some of the tensors have. */
function prefixesOf(tensors: readonly TensorInfo[]): string[] {
  const found = [''];
  for (let round = 0, from = 0; round < maxPrefixes; round++) {
    const chains = found.slice(from);
    from = found.length;
    for (const chain of chains) {
      for (const prefix of knownPrefixes) {
        const longer = chain + prefix;
        if (found.includes(longer)) continue;
        if (tensors.some(({ name }) => name.startsWith(longer))) found.push(longer);
      }
    }
  }
  return found;
}

/** Number of elements of several tensors together. */
export function sumElements(tensors: readonly Pick<TensorInfo, 'shape'>[]): number {
  return tensors.reduce((sum, tensor) => sum + countElements(tensor), 0);
}
