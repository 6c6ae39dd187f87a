import { formatPlural } from '../ui/format.ts';
import type { RunResult } from '../worker/types.ts';
import type { Words } from './findings.ts';
import { changedByGroup, jaccardMatrix, type QuiltData, ratio, sum } from './resultFigures.ts';

/** A figure's numbers as text: what a screen reader reads and what the CSV holds. */
export interface Table {
  columns: string[];
  rows: (string | number)[][];
}

export function densityTable({ models, density, intersections }: RunResult, words: Words): Table {
  const n = models.length;
  return {
    columns: ['Model', `Share of weights in scope ${words.counted}`, 'Positions'],
    rows: models.map((name, i) => [name, density[i] ?? 0, intersections[i * n + i] ?? 0]),
  };
}

export function jaccardTable(result: RunResult): Table {
  const n = result.models.length;
  const matrix = jaccardMatrix(result);
  return {
    columns: ['Jaccard index', ...result.models],
    rows: result.models.map((name, i) => [name, ...matrix.slice(i * n, i * n + n)]),
  };
}

export function ownersTable({ owners }: RunResult): Table {
  const all = sum(owners, (count) => count);
  return {
    columns: ['Owners', 'Positions', 'Share of weights in scope'],
    rows: owners.map((count, k) => [
      k ? formatPlural(k, 'model') : 'none',
      count,
      ratio(count, all),
    ]),
  };
}

export function quiltTable({ patches }: QuiltData, models: readonly string[]): Table {
  return {
    columns: ['Patch', 'Weights', ...models, 'Changed'],
    rows: patches.map(({ name, elements, density, changed }) => [
      name,
      elements,
      ...density,
      changed,
    ]),
  };
}

export function changedTable(result: RunResult): Table {
  return {
    columns: ['Group', 'Weights', 'Changed'],
    rows: changedByGroup(result).map(({ name, elements, share }) => [name, elements, share]),
  };
}
