import { faultsOf } from '../errors.ts';
import type { SourceFile } from '../formats/source.ts';
import type { ImageEntry, ImageList } from './imageEntry.ts';
import {
  openMat,
  type MatFile,
  type MatNumbers,
  type MatValue,
  type MatVariable,
} from './matlab.ts';
import { pixelsOf } from './resample.ts';

const uint8 = 2;
const pathFields = ['fname', 'relative_im_path', 'filename', 'file_name', 'image', 'path'];
const labelFields = ['class', 'label', 'class_id'];

/** What a MATLAB file tells of images. */
export interface MatImages {
  /** The images themselves. */
  list?: ImageList;
  /** Which image is of which class, by paths; labels are numbers as the file has them, or names. */
  table?: { path: string; label: string }[];
  /** Names of the classes, the first of which is 1. */
  names?: string[];
}

/**
 * Images in a MATLAB file: uint8 [height, width, 3, n] or [height, width, n] with a number for each, as SVHN's cropped
 * digits; or a struct for each image with its file and class, as Stanford Cars' annotations; or names of classes. Throws BadFile.
 */
export async function readMatImages(file: SourceFile): Promise<MatImages> {
  const mat = await openMat(file);
  const found: MatImages = {};
  const list = await picturesIn(file, mat);
  if (list) found.list = list;
  for (const { value } of mat.variables) {
    if (value.kind === 'structs') found.table ??= tableIn(value);
    if (value.kind === 'cells' && value.items.length > 0) {
      const texts = value.items.flatMap((item) => (item.kind === 'text' ? [item.text] : []));
      if (texts.length === value.items.length) found.names ??= texts;
    }
  }
  return found;
}

const numbersIn = (variables: readonly MatVariable[]): MatNumbers[] =>
  variables.flatMap(({ value }) => (value.kind === 'numbers' ? [value] : []));

const countOf = ({ shape }: MatNumbers) => shape.reduce((product, size) => product * size, 1);

async function picturesIn(file: SourceFile, mat: MatFile): Promise<ImageList | null> {
  const arrays = numbersIn(mat.variables);
  const pictures = arrays.find(
    ({ type, shape }) => type === uint8 && (shape.length === 3 || shape.length === 4),
  );
  if (!pictures || countOf(pictures) === 0) return null;
  const fail = faultsOf(file.path, 'Give the images as uint8, and a number for each of them.');
  const [height = 0, width = 0, third = 0, count = third] = pictures.shape;
  const channels = pictures.shape.length === 3 ? 1 : third;
  if (channels !== 1 && channels !== 3) throw fail(`has pictures of ${channels} channels`);
  const labels = arrays.find((each) => each !== pictures && countOf(each) === count);
  if (!labels)
    throw fail(`has ${count} pictures and no array of as many numbers for their classes`);
  const values = await mat.numbers(labels);
  if (!values.every((value) => Number.isInteger(value) && value >= 0 && value < 1000))
    throw fail('has classes that are no whole numbers from 0 to 999');
  const size = height * width * channels;
  const svhn = isSvhn(pictures, values);
  const entryOf = (value: number, i: number): ImageEntry => ({
    path: `${file.path}#${i + 1}`,
    label: svhn ? value % 10 : value,
    open: async () => {
      const bytes = await mat.bytes(pictures, i * size, (i + 1) * size);
      // Stored column by column, channel by channel.
      return pixelsOf(width, height, channels, (at) => {
        const [pixel, channel] = [Math.floor(at / channels), at % channels];
        const [y, x] = [Math.floor(pixel / width), pixel % width];
        return bytes[y + height * (x + width * channel)]!;
      });
    },
  });
  const images = values.map(entryOf);
  const most = images.reduce((max, { label }) => Math.max(max, label), 0);
  return { images, labels: Array.from({ length: most + 1 }, (_, i) => String(i)) };
}

/** SVHN (http://ufldl.stanford.edu/housenumbers): 32 × 32 in colour, where 10 stands for the digit 0. */
const isSvhn = ({ shape }: MatNumbers, values: readonly number[]) =>
  shape.slice(0, 3).join() === '32,32,3' && values.every((value) => value >= 1 && value <= 10);

function tableIn({ fields, items }: Extract<MatValue, { kind: 'structs' }>): MatImages['table'] {
  const find = (names: readonly string[]) => names.find((name) => fields.includes(name));
  const [path, label] = [find(pathFields), find(labelFields)];
  if (path === undefined || label === undefined) return undefined;
  return items.map((item) => ({ path: textOf(item[path]), label: textOf(item[label]) }));
}

function textOf(value: MatValue | undefined): string {
  if (value?.kind === 'text') return value.text;
  return value?.kind === 'numbers' ? String(value.first ?? '') : '';
}
