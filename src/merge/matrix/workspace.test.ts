import { expect, test } from 'vitest';
import { mulberry32 } from '../../data/random.ts';
import { openWorkspace, turned } from './workspace.ts';

const forms = [false, true].flatMap((a) => [false, true].map((b) => [a, b] as const));

test.each(forms)(
  'a product of f64 with factors turned over (%s, %s) is that of plain loops',
  async (turnedA, turnedB) => {
    const workspace = await openWorkspace();
    const random = mulberry32(11);
    for (const [m, n, k] of [
      [1, 1, 1],
      [5, 9, 257],
      [33, 66, 130],
      [130, 515, 3],
    ] as const)
      workspace.within(() => {
        const place = (rows: number, columns: number, over: boolean) => {
          const placed = over ? workspace.zeros(columns, rows) : workspace.zeros(rows, columns);
          const values = workspace.doubles(placed).map(() => random() - 0.5);
          workspace.doubles(placed).set(values);
          const at = (i: number, j: number) => values[over ? j * rows + i : i * columns + j]!;
          return { placed: over ? turned(placed) : placed, at };
        };
        const [a, b] = [place(m, k, turnedA), place(k, n, turnedB)];
        const c = workspace.zeros(m, n);
        workspace.doubles(c).fill(1);
        workspace.multiply(c, a.placed, b.placed, true);
        const wrong = workspace.doubles(c).map((x, at) => {
          let sum = 1;
          for (let p = 0; p < k; p++) sum += a.at(Math.floor(at / n), p) * b.at(p, at % n);
          return Math.abs(x - sum);
        });
        expect(Math.max(...wrong)).toBeLessThan(1e-13);
      });
  },
);
