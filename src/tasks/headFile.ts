import { badFile, incompatible } from '../errors.ts';
import { readSafetensorsHeader } from '../formats/safetensors.ts';
import { readF32 } from '../models/readF32.ts';
import type { StoredData } from '../storage/dataSets.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import { classMeans } from './zeroShot.ts';
import { fewOf } from '../wording.ts';

/** What a head must fit: the classes of its data, and the width e of the embeddings it is compared with. */
export interface HeadFit {
  labels: readonly string[];
  width: number;
}

/**
 * Unit rows [classes × e] of a head of the library: a safetensors file with one 2-D float tensor, a class a row. Throws
 * BadFile where the file is none, Incompatible where it does not fit.
 */
export async function readHeadFile(
  { name, kind, blob }: StoredData,
  fit: HeadFit,
): Promise<Float32Array<ArrayBuffer>> {
  if (kind !== 'head')
    throw incompatible(
      `“${name}” is given as head, and holds ${kind === 'images' ? 'images' : 'text'}. Give a safetensors file with one row for each class.`,
    );
  const { tensors } = await readSafetensorsHeader({ path: name, blob }, 0);
  const info = onlyMatrix(name, tensors);
  checkShape(name, info, fit);
  const reader = {
    read: async ({ start }: TensorInfo, from: number, to: number) =>
      new Uint8Array(await blob.slice(start + from, start + to).arrayBuffer()),
  };
  const values = await readF32(reader, info);
  checkValues(name, info, values, fit);
  return classMeans(values, fit.labels.length, 1, fit.width);
}

function onlyMatrix(name: string, tensors: readonly TensorInfo[]): TensorInfo {
  const [info] = tensors;
  if (!info || tensors.length > 1 || info.shape.length !== 2)
    throw badFile(
      `${name} holds ${tensors.length === 0 ? 'no tensor' : tensors.slice(0, 4).map(describe).join(', ')}${tensors.length > 4 ? ` and ${tensors.length - 4} more` : ''}, where a head is one tensor [classes, width]. Save that alone.`,
    );
  if (/^(?:F|BF)\d/.test(info.dtype)) return info;
  throw badFile(
    `${name} holds ${describe(info)}, where a head is of floating-point numbers. Save it as float32.`,
  );
}

function checkShape(name: string, { shape }: TensorInfo, { labels, width }: HeadFit): void {
  const [rows = 0, columns = 0] = shape;
  if (columns !== width)
    throw incompatible(
      `${name} has rows of ${columns} numbers, and the model's embeddings have ${width}. ${rows === width ? 'Transpose it: a row is a class.' : 'Make the head with the same base model.'}`,
    );
  if (rows !== labels.length)
    throw incompatible(
      `${name} has ${rows} rows, and its data have ${labels.length} classes (${fewOf(labels)}). Give one row for each class, in this order.`,
    );
}

function checkValues(
  name: string,
  info: TensorInfo,
  values: Float32Array,
  { labels, width }: HeadFit,
): void {
  const tensor = JSON.stringify(info.name);
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd >= 0)
    throw badFile(
      `${name} has ${values[odd]} in ${tensor} at row ${Math.floor(odd / width)}, column ${odd % width}. Save a head of finite numbers.`,
    );
  const zero = labels.findIndex((_, c) =>
    values.subarray(c * width, (c + 1) * width).every((value) => value === 0),
  );
  if (zero < 0) return;
  throw badFile(
    `${name} has zeros alone in ${tensor} at row ${zero} (${labels[zero]}), which point nowhere. Save an embedding for each class.`,
  );
}

const describe = ({ name, dtype, shape }: TensorInfo) =>
  `${JSON.stringify(name)} ${dtype} [${shape.join(', ')}]`;
