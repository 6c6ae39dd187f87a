import { formatPlural } from '../ui/format.ts';
import type { Table } from '../ui/table.ts';
import type { RunResult } from '../api/results.ts';
import { count, number, share, text } from './columns.ts';
import { countedWords } from './findings.ts';
import { ratio, sum } from './numbers.ts';
import { allPatches, changedByGroup, jaccardMatrix, type QuiltData } from './resultFigures.ts';

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
