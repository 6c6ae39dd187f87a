import { bug } from '../errors.ts';
import { rowsOf as slice } from '../tensor/pieces.ts';
import { isMergeable } from '../tensor/dtype.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import { sameShape } from './matchNames.ts';

/** Rows [from, to) of a tensor that merges, under its name. */
function rowsIn(tensor: TensorInfo, from: number, to: number): TensorInfo {
  const rows = slice(tensor, from, to);
  if (!rows) throw bug(`${tensor.name} has no rows ${from} to ${to}.`);
  return { ...rows, name: tensor.name };
}

/** Rows of a tensor that have one fate: those that all have, those of the base alone, those that only models have. */
export interface RowPiece {
  kind: 'common' | 'rest' | 'new';
  /** These rows, of new ones without a place in the base. */
  tensor: TensorInfo;
  /** Null where a model has not these rows. */
  models: (TensorInfo | null)[];
}

/** Whether tensors differ in their number of rows alone, and can be cut by rows. */
export function differsInRows(a: TensorInfo, b: TensorInfo): boolean {
  if (a.shape.length !== b.shape.length || a.shape.length === 0) return false;
  const [rows, ...rest] = a.shape;
  const [others, ...more] = b.shape;
  return (
    rows !== others && sameShape(rest, more) && [a, b].every(({ dtype }) => isMergeable(dtype))
  );
}

/** A tensor and its counterparts of other numbers of rows, cut where these numbers are; `all`: with the rows that only models have. */
export function cutRows(
  tensor: TensorInfo,
  models: readonly TensorInfo[],
  all: boolean,
): RowPiece[] {
  const rowsOf = ({ shape: [rows = 0] }: TensorInfo) => rows;
  const own = rowsOf(tensor);
  const common = Math.min(own, ...models.map(rowsOf));
  const ends = [...new Set(models.map(rowsOf))].filter((rows) => rows > own).sort((a, b) => a - b);
  const pieces: RowPiece[] = [
    {
      kind: 'common',
      tensor: rowsIn(tensor, 0, common),
      models: models.map((each) => rowsIn(each, 0, common)),
    },
  ];
  if (own > common)
    pieces.push({
      kind: 'rest',
      tensor: rowsIn(tensor, common, own),
      models: models.map(() => null),
    });
  for (const [i, end] of all ? ends.entries() : []) {
    const from = ends[i - 1] ?? own;
    pieces.push({
      kind: 'new',
      tensor: { ...tensor, shape: [end - from, ...tensor.shape.slice(1)] },
      models: models.map((each) => (rowsOf(each) >= end ? rowsIn(each, from, end) : null)),
    });
  }
  return pieces;
}
