import type { TensorInfo } from '../../tensor/tensorIndex.ts';
import type { LayerNames } from '../weights.ts';

/**
 * A name, and that of the same tensor by transformers: # stands for a number, * for a part of a name without dots, ** for any rest;
 * the last of them go over. Of several names it is their rows one after the other; `turned` has rows for columns.
 */
export type Rename = readonly [name: string, own: string | readonly string[], turned?: 'turned'];

/** How a program names the tensors of an architecture that transformers names otherwise. */
export interface Naming {
  /** Whose names they are, e.g. "open_clip". */
  by: string;
  /** A name by which it is told; what stands before that is a prefix of all, and ^ says that nothing does. */
  anchor: string;
  /** The anchor has more rows than columns. */
  tall?: true;
  renames: readonly Rename[];
  /** What goes by its own name then may be named by another, of a part of the model. */
  wraps?: true;
  /** Why its tensors are not those of transformers, though their names and shapes meet; and what to do. */
  unlike?: string;
}

/** A tensor by its own name, or one part of several that it is made of. */
export interface NamedPart {
  name: string;
  tensor: TensorInfo;
  /** Its number among `of`. */
  at: number;
  of: number;
  /** Rows and columns stand for each other. */
  turned: boolean;
}

/** A tensor by the one spelling of its name. */
export interface SpelledTensor {
  name: string;
  tensor: TensorInfo;
}

/** Names of a transformer layer's tensors, after `stem` and a number, and what stands for them. */
export function layerRenames(
  stem: string,
  names: LayerNames,
  ownStem: string,
  own: LayerNames,
): Rename[] {
  const full = (at: string, name = '') => `${at}#.${name}${name.endsWith('_') ? '' : '.'}*`;
  return Object.entries(names).map(([key, name]): Rename => {
    const parts = key === 'qkv' ? (['q', 'k', 'v'] as const) : [key as keyof LayerNames];
    return [full(stem, name), parts.map((part) => full(ownStem, own[part]))];
  });
}

const wildcards = { '#': '(\\d+)', '*': '([^.]+)', '**': '(.+)' };
const wildcard = /#|\*\*?/g;

const escaped = (text: string) => text.replace(/[.()[\]]/g, '\\$&');

interface CompiledRename {
  pattern: RegExp;
  own: readonly string[];
  turned: boolean;
}

const compiled = new WeakMap<Naming, readonly CompiledRename[]>();

function compile(naming: Naming): readonly CompiledRename[] {
  const known = compiled.get(naming);
  if (known) return known;
  const made = naming.renames.map(([name, own, turned]): CompiledRename => ({
    pattern: new RegExp(
      `^${escaped(name).replace(wildcard, (each) => wildcards[each as keyof typeof wildcards])}$`,
    ),
    own: typeof own === 'string' ? [own] : own,
    turned: turned !== undefined,
  }));
  compiled.set(naming, made);
  return made;
}

/** What stands before the names of tensors that are named so. */
function prefixesOf({ anchor, tall }: Naming, tensors: readonly SpelledTensor[]): string[] {
  const ending = anchor.replace(/^\^/, '.');
  return tensors
    .filter(({ name, tensor: { shape } }) => {
      const isAnchor =
        ending === anchor ? `.${name}`.endsWith(`.${anchor}`) : `.${name}` === ending;
      return isAnchor && (!tall || (shape[0] ?? 0) > (shape[1] ?? 0));
    })
    .map(({ name }) => name.slice(0, name.length - anchor.replace('^', '').length));
}

/** What tensors are by their own names, and the namings that they have. */
export interface Named {
  byTensor: ReadonlyMap<TensorInfo, readonly NamedPart[]>;
  parts: ReadonlyMap<string, NamedPart>;
  namings: readonly Naming[];
}

/** All parts by their own names, told by those of the namings that are there; what would share a name with another stays as it is. */
export function nameParts(tensors: readonly SpelledTensor[], known: readonly Naming[]): Named {
  const parts = new Map<TensorInfo, NamedPart[]>();
  const namings = new Set<Naming>();
  let left = tensors;
  for (const naming of known)
    for (const prefix of prefixesOf(naming, left)) {
      namings.add(naming);
      left = left.flatMap((each) => {
        const found = ownNames(naming, prefix, each.name);
        if (!found) return each;
        parts.set(each.tensor, partsOf(each.tensor, found.own, found.turned));
        return naming.wraps ? { ...each, name: found.own[0]! } : [];
      });
    }
  const counts = new Map<string, number>();
  const plain = ({ name, tensor }: SpelledTensor) => partsOf(tensor, [name], false);
  const own = tensors.map((each) => parts.get(each.tensor) ?? plain(each));
  for (const { name } of own.flat()) counts.set(name, (counts.get(name) ?? 0) + 1);
  const byTensor = new Map(
    tensors.map((each, i) => {
      const isAlone = own[i]!.every(({ name }) => counts.get(name) === 1);
      return [each.tensor, isAlone ? own[i]! : plain(each)] as const;
    }),
  );
  const all = [...byTensor.values()].flat();
  return {
    byTensor,
    parts: new Map(all.map((part) => [part.name, part])),
    namings: [...namings],
  };
}

function partsOf(tensor: TensorInfo, names: readonly string[], turned: boolean): NamedPart[] {
  return names.map((name, at) => ({ name, tensor, at, of: names.length, turned }));
}

/** The own names of a tensor after this prefix, or null. */
function ownNames(
  naming: Naming,
  prefix: string,
  name: string,
): { own: string[]; turned: boolean } | null {
  if (!name.startsWith(prefix)) return null;
  const rest = name.slice(prefix.length);
  for (const { pattern, own, turned } of compile(naming)) {
    const match = pattern.exec(rest);
    if (!match) continue;
    const values = match.slice(1);
    const filled = own.map((each) => {
      let next = values.length - (each.match(wildcard)?.length ?? 0);
      return prefix + each.replace(wildcard, () => values[next++] ?? '');
    });
    return { own: filled, turned };
  }
  return null;
}
