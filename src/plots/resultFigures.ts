import type { RunResult, TensorPlace, TensorStats } from '../api/results.ts';
import { formatPlural } from '../ui/format.ts';
import { sortRows, type Table } from '../ui/table.ts';
import { count, number, share, text } from './columns.ts';
import { ratio, sum } from './numbers.ts';

/** |γ_i ∩ γ_j| / |γ_i ∪ γ_j|, row-major n × n, from the sizes of the intersections; 0 where both are empty. */
export function jaccardMatrix({ intersections }: { intersections: readonly number[] }): number[] {
  const n = Math.sqrt(intersections.length);
  const size = (i: number, j: number) => intersections[i * n + j] ?? 0;
  return intersections.map((shared, k) => {
    const [i, j] = [Math.floor(k / n), k % n];
    return ratio(shared, size(i, i) + size(j, j) - shared);
  });
}

/** One patch of the quilt: the tensors of one component in one layer, as one. */
export interface Patch {
  /** "MLP, layer 3" */
  name: string;
  /** Index into the quilt's layers, or into `outside`. */
  column: number;
  elements: number;
  /** Fraction kept of each model, in recipe order. */
  density: number[];
  changed: number;
}

/** Patches by component (rows) and layer (columns), and those outside the layers. */
export interface QuiltData {
  layers: number[];
  rows: { label: string; patches: Patch[] }[];
  outside: Patch[];
}

const componentOrder = ['attention', 'MLP', 'LayerNorm', 'embeddings', 'head', 'other'];
/** Place of a component in the order of every figure. */
export const rank = (component: string) => {
  const at = componentOrder.indexOf(component);
  return at < 0 ? componentOrder.length : at;
};

/** First letter large. */
export function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Sums the tensors' counts into patches; layers are named from 1. */
export function quiltData({ tensors, models }: RunResult): QuiltData {
  const layers = [...new Set(tensors.flatMap(({ layer }) => layer ?? []))].sort((a, b) => a - b);
  const groups = groupBy(tensors, ({ component }) => component);
  const components = [...groups].sort(([a], [b]) => rank(a) - rank(b));
  const patch = (group: readonly TensorStats[], name: string, column: number): Patch => {
    const elements = sum(group, (tensor) => tensor.elements);
    const share = (count: (tensor: TensorStats) => number) => ratio(sum(group, count), elements);
    return {
      name: capital(name),
      column,
      elements,
      density: models.map((_, i) => share((tensor) => tensor.kept[i] ?? 0)),
      changed: share((tensor) => tensor.changed),
    };
  };
  const rows = components.map(([component, group]) => ({
    label: capital(component),
    patches: layers.flatMap((layer, column) => {
      const here = group.filter((tensor) => tensor.layer === layer);
      return here.length ? patch(here, `${component}, layer ${layer + 1}`, column) : [];
    }),
  }));
  const free = components
    .map(([component, group]) => ({ component, here: group.filter(({ layer }) => layer === null) }))
    .filter(({ here }) => here.length);
  return {
    layers,
    rows: rows.filter(({ patches }) => patches.length),
    outside: free.map(({ component, here }, i) => patch(here, component, i)),
  };
}

/** Every patch, row by row, those outside the layers last. */
export function allPatches({ rows, outside }: QuiltData): Patch[] {
  return [...rows.flatMap(({ patches }) => patches), ...outside];
}

/** The density at which a row of stitches is an unbroken line: the largest in the quilt. */
export function fullStitch(quilt: QuiltData): number {
  return Math.max(0, ...allPatches(quilt).flatMap(({ density }) => density));
}

/** Share changed of each component, largest first. */
export function changedByGroup({
  tensors,
}: RunResult): { name: string; share: number; elements: number }[] {
  const groups = groupBy(tensors, ({ component }) => component);
  const shares = [...groups].map(([name, group]) => {
    const elements = sum(group, (tensor) => tensor.elements);
    const changed = sum(group, (tensor) => tensor.changed);
    return { name: capital(name), elements, share: ratio(changed, elements) };
  });
  return sortRows(shares, ({ share }) => share, 'descending');
}

/** Tensors by layer, named from 1, and then those outside the layers. */
export function byLayer<T extends TensorPlace>(tensors: readonly T[]): [string, T[]][] {
  return [...groupBy(tensors, ({ layer }) => layer ?? Infinity)]
    .sort(([a], [b]) => a - b)
    .map(([layer, group]) => [
      layer < Infinity ? `Layer ${layer + 1}` : 'Outside the layers',
      group,
    ]);
}

/** Items by key, keys in the order they are met. */
export function groupBy<T, Key>(items: readonly T[], key: (item: T) => Key): Map<Key, T[]> {
  const groups = new Map<Key, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}

/** What is counted, after "share of weights": a mask, or for dense methods where a model differs from the base. */
export const countedWords = (masks: boolean) =>
  masks ? 'in the mask' : 'that differ from the base';

export function densityTable({ models, density, intersections }: RunResult, masks: boolean): Table {
  const n = models.length;
  return {
    columns: [
      text('Model'),
      share(`Share of weights in scope ${countedWords(masks)}`),
      count('Positions'),
    ],
    rows: models.map((name, i) => [name, density[i] ?? 0, intersections[i * n + i] ?? 0]),
  };
}

export function jaccardTable(result: RunResult): Table {
  return {
    columns: [text('Jaccard index'), ...result.models.map(share)],
    rows: matrixRows(result.models, jaccardMatrix(result)),
  };
}

export function cosineTable({ models, cosines }: RunResult): Table {
  return {
    columns: [text('Cosine'), ...models.map(number)],
    rows: matrixRows(models, cosines),
  };
}

const matrixRows = (models: readonly string[], matrix: readonly number[]) =>
  models.map((name, i) => [name, ...matrix.slice(i * models.length, (i + 1) * models.length)]);

export function ownersTable({ owners }: RunResult): Table {
  const all = sum(owners, (positions) => positions);
  return {
    columns: [text('Owners'), count('Positions'), share('Share of weights in scope')],
    rows: owners.map((positions, k) => [
      k ? formatPlural(k, 'model') : 'none',
      positions,
      ratio(positions, all),
    ]),
  };
}

export function quiltTable(quilt: QuiltData, models: readonly string[]): Table {
  return {
    columns: [text('Patch'), count('Weights'), ...models.map(share), share('Changed')],
    rows: allPatches(quilt).map(({ name, elements, density, changed }) => [
      name,
      elements,
      ...density,
      changed,
    ]),
  };
}

export function changedTable(result: RunResult): Table {
  return {
    columns: [text('Group'), count('Weights'), share('Changed')],
    rows: changedByGroup(result).map(({ name, elements, share }) => [name, elements, share]),
  };
}
