import { nameParts, type Named, type NamedPart } from '../models/namings/naming.ts';
import { namings } from '../models/namings/registry.ts';
import { architectures } from '../models/registry.ts';
import { spellAll } from '../models/spellings.ts';
import { joinedRows, rowsOf, turned } from '../tensor/pieces.ts';
import { countElements, type TensorInfo } from '../tensor/tensorIndex.ts';

/** The tensors of a model by the base's names. */
export interface NameMatch {
  /** What was taken from and put before the model's names, or null when the names are equal. */
  prefix: { add: string; remove: string } | null;
  /** Made of pieces where the model fuses, splits or turns what the base does not. */
  byBaseName: ReadonlyMap<string, TensorInfo>;
  /** Base names of tensors that go by another name in the model, whatever its prefix. */
  renamed: readonly string[];
  /** Tensors without a counterpart in the base, or of which the base has but a part. */
  extra: readonly TensorInfo[];
  /** Why names that meet are not one tensor's, and which of the two is named otherwise than transformers names it. */
  unlike: { side: 'base' | 'model'; by: string; why: string } | null;
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
const maxRoots = 4;

function named(tensors: readonly TensorInfo[], known: typeof namings): Named {
  const spelled = spellAll(tensors.map(({ name }) => name));
  return nameParts(
    tensors.map((tensor) => ({ name: spelled.get(tensor.name)!, tensor })),
    known,
  );
}

/**
 * Pairs names that spell the same; when another prefix, or the names that transformers has for the same tensors, make more of them
 * meet in name and shape, by these.
 */
export function matchNames(base: readonly TensorInfo[], model: readonly TensorInfo[]): NameMatch {
  const plain = bestPair(base, model, named(base, []), named(model, []));
  if (plain.score === base.length) return plain.match;
  const [ours, theirs] = [named(base, namings), named(model, namings)];
  if (ours.namings.length + theirs.namings.length === 0) return plain.match;
  const { match, score } = bestPair(base, model, ours, theirs);
  if (score <= plain.score) return plain.match;
  return { ...match, unlike: unlikeOf(ours, theirs) };
}

/** Pairs names that spell the same, in each case whole tensors as they are stored. */
export function matchSpelled(base: readonly TensorInfo[], model: readonly TensorInfo[]): NameMatch {
  return bestPair(base, model, named(base, []), named(model, [])).match;
}

function unlikeOf(ours: Named, theirs: Named): NameMatch['unlike'] {
  const only = (of: Named, other: Named) =>
    of.namings.find((naming) => naming.unlike && !other.namings.includes(naming));
  const [own, other] = [only(ours, theirs), only(theirs, ours)];
  const found = own ?? other;
  if (!found?.unlike) return null;
  return { side: own ? 'base' : 'model', by: found.by, why: found.unlike };
}

interface ScoredMatch {
  match: NameMatch;
  /** Number of the base's tensors that meet one in name and shape. */
  score: number;
}

/** The match by the prefixes that make most tensors meet. */
function bestPair(
  base: readonly TensorInfo[],
  model: readonly TensorInfo[],
  ours: Named,
  theirs: Named,
): ScoredMatch {
  let best = pair(base, model, ours, theirs, null);
  for (const remove of prefixesOf(theirs)) {
    for (const add of prefixesOf(ours)) {
      if (best.score === base.length) return best;
      if (remove === add) continue;
      const candidate = pair(base, model, ours, theirs, { add, remove });
      if (candidate.score > best.score) best = candidate;
    }
  }
  return best;
}

function pair(
  base: readonly TensorInfo[],
  model: readonly TensorInfo[],
  ours: Named,
  theirs: Named,
  prefix: NameMatch['prefix'],
): ScoredMatch {
  const met = new Meeting();
  for (const part of theirs.parts.values()) {
    const moved = prefix ? rename(part.name, prefix) : part.name;
    met.add(ours.parts.get(moved) ?? ours.parts.get(part.name), part);
  }
  const byBaseName = new Map<string, TensorInfo>();
  const renamed: string[] = [];
  const used = new Set<NamedPart>();
  let score = 0;
  for (const tensor of base) {
    const parts = ours.byTensor.get(tensor) ?? [];
    const counterpart = met.counterpartOf(parts);
    if (!counterpart) continue;
    byBaseName.set(tensor.name, counterpart);
    for (const part of parts) used.add(met.partOf(part)!);
    if (sameShape(tensor.shape, counterpart.shape)) score++;
    const plain = prefix ? rename(counterpart.name, prefix) : counterpart.name;
    if (tensor.name !== plain && tensor.name !== counterpart.name) renamed.push(tensor.name);
  }
  const isExtra = (tensor: TensorInfo) =>
    theirs.byTensor.get(tensor)?.some((part) => !used.has(part)) === true;
  const extra = model.filter(isExtra);
  return { match: { prefix, byBaseName, renamed, extra, unlike: null }, score };
}

/** Parts of the base and the parts of the model that are the same. */
class Meeting {
  readonly #theirs = new Map<NamedPart, NamedPart>();
  readonly #ours = new Map<TensorInfo, (NamedPart | undefined)[]>();

  add(own: NamedPart | undefined, part: NamedPart): void {
    if (!own || this.#theirs.has(own)) return;
    this.#theirs.set(own, part);
    const all = this.#ours.get(part.tensor) ?? [];
    all[part.at] = own;
    this.#ours.set(part.tensor, all);
  }

  partOf(own: NamedPart): NamedPart | undefined {
    return this.#theirs.get(own);
  }

  /** What the model has for the tensor that these are the parts of. */
  counterpartOf(parts: readonly NamedPart[]): TensorInfo | null {
    const found = parts.flatMap((part) => this.#theirs.get(part) ?? []);
    const [own, first] = [parts[0], found[0]];
    if (!own || !first || found.length < parts.length) return null;
    const { tensor } = first;
    if (found.every((each, at) => each.tensor === tensor && each.at === at && each.of === own.of))
      return own.turned === first.turned ? tensor : turned(tensor);
    if (own.turned || found.some((each) => each.turned)) return null;
    if (own.of > 1)
      return found.every(({ of }) => of === 1)
        ? joinedRows(found.map((each) => each.tensor))
        : null;
    const [from, to] = this.#rowsOf(first);
    return rowsOf(tensor, from, to);
  }

  /** The rows of a part: as many as the base's tensors have that stand for the parts, else equal shares. */
  #rowsOf({ tensor, at, of }: NamedPart): [from: number, to: number] {
    const [all = 0] = tensor.shape;
    const own = Array.from({ length: of }, (_, i) => {
      const part = this.#ours.get(tensor)?.[i];
      return part?.of === 1 ? (part.tensor.shape[0] ?? NaN) : NaN;
    });
    const sum = (sizes: readonly number[]) => sizes.reduce((a, b) => a + b, 0);
    if (sum(own) === all) return [sum(own.slice(0, at)), sum(own.slice(0, at + 1))];
    const share = Math.floor(all / of);
    return [at * share, (at + 1) * share];
  }
}

function rename(name: string, { add, remove }: { add: string; remove: string }): string {
  return name.startsWith(remove) ? add + name.slice(remove.length) : name;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, at) => size === b[at]);
}

/** What most of the names begin with, such as the attribute of a training program that holds the model, by itself and with what follows. */
function rootsOf(names: readonly string[]): string[] {
  const roots: string[] = [];
  for (let before = ''; roots.length < maxRoots;) {
    const counts = new Map<string, number>();
    for (const name of names) {
      const end = name.startsWith(before) ? name.indexOf('.', before.length) + 1 : 0;
      if (end > 0) counts.set(name.slice(0, end), (counts.get(name.slice(0, end)) ?? 0) + 1);
    }
    const found = [...counts].find(([, count]) => count > (2 / 3) * names.length);
    if (!found) break;
    [before] = found;
    roots.push(before);
  }
  return roots;
}

/** The empty prefix, every chain of known prefixes that some of the names have, and the roots of most. */
function prefixesOf({ parts }: Named): string[] {
  const found = ['', ...rootsOf([...parts.keys()])];
  for (let round = 0, from = 0; round < maxPrefixes; round++) {
    const chains = found.slice(from);
    from = found.length;
    for (const chain of chains) {
      for (const prefix of knownPrefixes) {
        const longer = chain + prefix;
        if (found.includes(longer)) continue;
        if ([...parts.keys()].some((name) => name.startsWith(longer))) found.push(longer);
      }
    }
  }
  return found;
}

/** Number of elements of several tensors together. */
export function sumElements(tensors: readonly Pick<TensorInfo, 'shape'>[]): number {
  return tensors.reduce((sum, tensor) => sum + countElements(tensor), 0);
}
