import { architectures } from '../models/registry.ts';
import { spellAll } from '../models/spellings.ts';
import { countElements, type TensorInfo } from '../tensor/tensorIndex.ts';

/** The tensors of a model by the base's names. */
export interface NameMatch {
  /** What was taken from and put before the model's names, or null when the names are equal. */
  prefix: { add: string; remove: string } | null;
  byBaseName: ReadonlyMap<string, TensorInfo>;
  /** Base names of tensors that go by another name in the model, whatever its prefix. */
  renamed: readonly string[];
  /** Tensors without a counterpart in the base. */
  extra: readonly TensorInfo[];
}

/** Prefixes of training wrappers, and of every architecture. */
const knownPrefixes = [
  'module.',
  'model.',
  '_orig_mod.',
  '_fsdp_wrapped_module.',
  '_checkpoint_wrapped_module.',
  'base_model.model.',
  ...new Set(Object.values(architectures).flatMap(({ prefixes }) => prefixes)),
];

const maxPrefixes = 3;

/** A checkpoint's tensors by their one spelling. */
type Spelled = ReadonlyMap<string, TensorInfo>;

function bySpelling(tensors: readonly TensorInfo[]): Spelled {
  const spelled = spellAll(tensors.map(({ name }) => name));
  return new Map(tensors.map((tensor) => [spelled.get(tensor.name)!, tensor]));
}

/** Pairs names that spell the same; when another prefix makes more tensors meet in name and shape, by that prefix. */
export function matchNames(base: readonly TensorInfo[], model: readonly TensorInfo[]): NameMatch {
  const [ours, theirs] = [bySpelling(base), bySpelling(model)];
  let best = pair(ours, theirs, null);
  let bestScore = score(best, ours);
  if (bestScore === base.length) return best;
  for (const remove of prefixesOf(theirs)) {
    for (const add of prefixesOf(ours)) {
      if (remove === add) continue;
      const candidate = pair(ours, theirs, { add, remove });
      const candidateScore = score(candidate, ours);
      if (candidateScore > bestScore) [best, bestScore] = [candidate, candidateScore];
    }
  }
  return best;
}

function pair(ours: Spelled, theirs: Spelled, prefix: NameMatch['prefix']): NameMatch {
  const byBaseName = new Map<string, TensorInfo>();
  const renamed: string[] = [];
  const extra: TensorInfo[] = [];
  for (const [spelled, tensor] of theirs) {
    const moved = prefix ? rename(spelled, prefix) : spelled;
    const counterpart = ours.get(moved) ?? ours.get(spelled);
    if (counterpart && !byBaseName.has(counterpart.name)) {
      byBaseName.set(counterpart.name, tensor);
      const plain = prefix ? rename(tensor.name, prefix) : tensor.name;
      if (counterpart.name !== plain && counterpart.name !== tensor.name)
        renamed.push(counterpart.name);
    } else extra.push(tensor);
  }
  return { prefix, byBaseName, renamed, extra };
}

function rename(name: string, { add, remove }: { add: string; remove: string }): string {
  return name.startsWith(remove) ? add + name.slice(remove.length) : name;
}

/** Number of tensors that meet in name and shape. */
function score({ byBaseName }: NameMatch, ours: Spelled): number {
  let met = 0;
  for (const { name, shape } of ours.values()) {
    const counterpart = byBaseName.get(name);
    if (counterpart && sameShape(shape, counterpart.shape)) met++;
  }
  return met;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, at) => size === b[at]);
}

/** The empty prefix and every chain of known prefixes that some of the tensors have. */
function prefixesOf(tensors: Spelled): string[] {
  const found = [''];
  for (let round = 0, from = 0; round < maxPrefixes; round++) {
    const chains = found.slice(from);
    from = found.length;
    for (const chain of chains) {
      for (const prefix of knownPrefixes) {
        const longer = chain + prefix;
        if (found.includes(longer)) continue;
        if ([...tensors.keys()].some((name) => name.startsWith(longer))) found.push(longer);
      }
    }
  }
  return found;
}

/** Number of elements of several tensors together. */
export function sumElements(tensors: readonly Pick<TensorInfo, 'shape'>[]): number {
  return tensors.reduce((sum, tensor) => sum + countElements(tensor), 0);
}
