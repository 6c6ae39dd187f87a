import { describe, expect, it } from 'vitest';
import type { RunResult, TensorStats } from '../api/results.ts';
import { csvText } from '../ui/table.ts';
import {
  changedTitle,
  cosineNote,
  cosineTitle,
  densityTitle,
  jaccardTitle,
  ownersTitle,
  quiltTitle,
} from './findings.ts';
import {
  changedByGroup,
  jaccardMatrix,
  jaccardTable,
  quiltData,
  quiltTable,
} from './resultFigures.ts';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');
const tensor = (
  layer: number | null,
  component: string,
  elements: number,
  kept: number[],
  changed: number,
): TensorStats => ({ name: `${layer} ${component}`, layer, component, elements, kept, changed });

const result: RunResult = {
  id: 'r',
  method: 'localize_and_stitch',
  models: ['sentiment', 'questions'],
  base: 'base',
  parameters: { total: 1000, scope: 400, changed: 35 },
  density: [0.05, 0.05],
  intersections: [20, 5, 5, 20],
  owners: [365, 30, 5],
  tensors: [
    tensor(1, 'MLP', 100, [8, 2], 8),
    tensor(0, 'attention', 100, [4, 6], 10),
    tensor(0, 'attention', 100, [6, 4], 10),
    tensor(null, 'embeddings', 100, [2, 8], 7),
  ],
  cosines: [],
  localized: [],
  scores: [],
  remarks: [],
  seconds: { localize: 1, merge: 1, evaluate: 0 },
  bytesRead: 0,
  bytesWritten: 0,
  adapter: 'test',
};

describe('result figures', () => {
  it('divides every intersection by its union', () => {
    expect(jaccardMatrix(result)).toEqual([1, 5 / 35, 5 / 35, 1]);
    expect(jaccardMatrix({ ...result, intersections: [0, 0, 0, 0] })).toEqual([0, 0, 0, 0]);
  });

  it('joins tensors of one component and layer into a patch, in network order', () => {
    const { rows, layers, outside } = quiltData(result);
    expect(layers).toEqual([0, 1]);
    expect(rows.map(({ label }) => label)).toEqual(['Attention', 'MLP']);
    const patches = [...rows.flatMap((row) => row.patches), ...outside];
    expect(patches.map(({ name, column, elements }) => [name, column, elements])).toEqual([
      ['Attention, layer 1', 0, 200],
      ['MLP, layer 2', 1, 100],
      ['Embeddings', 0, 100],
    ]);
    expect(patches[0]?.density).toEqual([0.05, 0.05]);
    expect(patches[0]?.changed).toBe(0.1);
  });

  it('orders components by the share of them that changed', () => {
    expect(changedByGroup(result).map(({ name, share }) => [name, share])).toEqual([
      ['Attention', 0.1],
      ['MLP', 0.08],
      ['Embeddings', 0.07],
    ]);
  });

  it('says the finding of each figure in its title', () => {
    expect(plain(densityTitle(result, true))).toBe('Each mask holds 5.0 % of the weights in scope');
    expect(plain(jaccardTitle(result, true))).toBe('The masks share 14.3 % of their positions');
    expect(plain(ownersTitle(result, true))).toBe(
      '85.7 % of the masked positions belong to one task alone',
    );
    expect(plain(quiltTitle(quiltData(result)))).toBe(
      'Stitches are densest in MLP, layer 2: 8.0 %',
    );
    expect(plain(changedTitle(result))).toBe('Attention changed most: 10.0 % of its weights');
  });

  it('says how little a cosine over few shared positions tells', () => {
    const cosines = [1, -0.123, -0.123, 1];
    expect(cosineTitle({ ...result, cosines })).toBe(
      'The masked task vectors have a cosine of \u22120.12',
    );
    expect(cosineNote({ ...result, cosines })).not.toMatch(/says little/);
    const apart = { ...result, cosines, intersections: [20, 1, 1, 20] };
    expect(plain(cosineNote(apart))).toMatch(/at most 2\.6 % .* says little/);
    const three = {
      ...result,
      models: ['a', 'b', 'c'],
      cosines: [1, 0, 0.2, 0, 1, -0.3, 0.2, -0.3, 1],
    };
    expect(cosineTitle(three)).toBe('Cosines reach \u22120.30: b and c');
  });

  it('does not speak of masks where the method makes none', () => {
    for (const title of [densityTitle, jaccardTitle, ownersTitle])
      expect(title(result, false)).not.toMatch(/mask/i);
  });

  it('gives every figure a table, and the table a CSV that quotes what needs it', () => {
    expect(quiltTable(quiltData(result), result.models).columns.map(({ label }) => label)).toEqual([
      'Patch',
      'Weights',
      'sentiment',
      'questions',
      'Changed',
    ]);
    expect(csvText(jaccardTable({ ...result, models: ['a, b', 'say "c"'] }))).toBe(
      `Jaccard index,"a, b","say ""c"""\r\n"a, b",1,${5 / 35}\r\n"say ""c""",${5 / 35},1\r\n`,
    );
  });
});
