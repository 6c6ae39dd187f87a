import type { RunResult, TensorStats } from '../worker/types.ts';

/** part / whole, and 0 of nothing. */
export const ratio = (part: number, whole: number) => (whole > 0 ? part / whole : 0);

/** |γ_i ∩ γ_j| / |γ_i ∪ γ_j|, row-major n × n; 0 where both are empty. */
export function jaccardMatrix({ models, intersections }: RunResult): number[] {
  const n = models.length;
  const size = (i: number, j: number) => intersections[i * n + j] ?? 0;
  return Array.from({ length: n * n }, (_, k) => {
    const [i, j] = [Math.floor(k / n), k % n];
    return ratio(size(i, j), size(i, i) + size(j, j) - size(i, j));
  });
}

/** One patch of the quilt: the tensors of one component in one layer, as one. */
export interface Patch {
  row: number;
  column: number;
  /** "MLP, layer 3" */
  name: string;
  elements: number;
  /** Fraction kept of each model, in recipe order. */
  density: number[];
  changed: number;
}

/** Patches by component (rows) and layer (columns, in network order; tensors outside the blocks come first and last). */
export interface QuiltData {
  rows: string[];
  columns: string[];
  patches: Patch[];
}

const componentOrder = ['attention', 'MLP', 'LayerNorm', 'embeddings', 'head', 'other'];
const rank = (component: string) => {
  const at = componentOrder.indexOf(component);
  return at < 0 ? componentOrder.length : at;
};
export const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

/** Sums the tensors' counts into patches; layers are numbered from 1, as they are read. */
export function quiltData({ tensors, models }: RunResult): QuiltData {
  const place = ({ layer, component }: TensorStats) =>
    layer !== null ? layer : component === 'embeddings' ? -1 : Infinity;
  const columns = [...new Set(tensors.map(place))].sort((a, b) => a - b);
  const components = [...new Set(tensors.map(({ component }) => component))].sort(
    (a, b) => rank(a) - rank(b),
  );
  const columnName = (at: number) => (at < 0 ? 'in' : at === Infinity ? 'out' : String(at + 1));
  const groups = groupBy(tensors, (tensor) => `${tensor.component}\n${place(tensor)}`);
  const patches = [...groups.values()].map((group): Patch => {
    const [first] = group;
    if (!first) throw new RangeError('an empty group');
    const at = place(first);
    const inside = first.layer !== null;
    const elements = sum(group, (tensor) => tensor.elements);
    return {
      row: components.indexOf(first.component),
      column: columns.indexOf(at),
      name: inside ? `${capital(first.component)}, layer ${at + 1}` : capital(first.component),
      elements,
      density: models.map((_, i) =>
        ratio(
          sum(group, (tensor) => tensor.kept[i] ?? 0),
          elements,
        ),
      ),
      changed: ratio(
        sum(group, (tensor) => tensor.changed),
        elements,
      ),
    };
  });
  patches.sort((a, b) => a.row - b.row || a.column - b.column);
  return { rows: components.map(capital), columns: columns.map(columnName), patches };
}

/** Share changed of each component, largest first. */
export function changedByGroup({
  tensors,
}: RunResult): { name: string; share: number; elements: number }[] {
  const groups = groupBy(tensors, ({ component }) => component);
  return [...groups]
    .map(([name, group]) => {
      const elements = sum(group, (tensor) => tensor.elements);
      return {
        name: capital(name),
        elements,
        share: ratio(
          sum(group, (tensor) => tensor.changed),
          elements,
        ),
      };
    })
    .toSorted((a, b) => b.share - a.share);
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}

/** Sum of a value over items. */
export function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
