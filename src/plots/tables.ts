import { formatPlural } from '../ui/format.ts';
import type { Table } from '../ui/table.ts';
import type { RunResult } from '../api/results.ts';
import type { Words } from './findings.ts';
import {
  allPatches,
  changedByGroup,
  jaccardMatrix,
  type QuiltData,
  ratio,
  sum,
} from './resultFigures.ts';

const text = (label: string) => ({ label, kind: 'text' as const });
const count = (label: string) => ({ label, kind: 'count' as const });
const share = (label: string) => ({ label, kind: 'share' as const });

export function densityTable({ models, density, intersections }: RunResult, words: Words): Table {
  const n = models.length;
  return {
    columns: [
      text('Model'),
      share(`Share of weights in scope ${words.counted}`),
      count('Positions'),
    ],
    rows: models.map((name, i) => [name, density[i] ?? 0, intersections[i * n + i] ?? 0]),
  };
}

export function jaccardTable(result: RunResult): Table {
  const n = result.models.length;
  const matrix = jaccardMatrix(result);
  return {
    columns: [text('Jaccard index'), ...result.models.map(share)],
    rows: result.models.map((name, i) => [name, ...matrix.slice(i * n, i * n + n)]),
  };
}

export function cosineTable({ models, cosines }: RunResult): Table {
  const n = models.length;
  return {
    columns: [text('Cosine'), ...models.map((label) => ({ label, kind: 'number' as const }))],
    rows: models.map((name, i) => [name, ...cosines.slice(i * n, i * n + n)]),
  };
}

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
