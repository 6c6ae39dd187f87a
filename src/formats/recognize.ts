import type { AppError } from '../errors.ts';
import { badFile, unsupported } from '../errors.ts';
import { nameOf } from './fileRoles.ts';
import type { Format, WeightHeader } from './format.ts';
import { readSlice } from './readSlice.ts';
import { formats } from './registry.ts';
import type { SourceFile } from './source.ts';

const headBytes = 512;

/** The format of a file by its first bytes, else by its name; null when none is known. */
export async function recognize(source: SourceFile): Promise<Format | null> {
  const head = await readSlice(source, 0, headBytes);
  const known: Format[] = Object.values(formats);
  const name = source.path.toLowerCase();
  return (
    known.find((format) => format.matches?.(head, source.blob.size, name)) ??
    known.find(
      ({ endings, named }) =>
        named?.test(nameOf(name)) ?? endings?.some((ending) => name.endsWith(ending)),
    ) ??
    null
  );
}

/** Opens a weight file by its header, as weight file number `file`; throws Unsupported when it is of no kind that is read. */
export async function openWeights(source: SourceFile, file: number): Promise<WeightHeader> {
  const format = await recognize(source);
  if (format?.open) return format.open(source, file);
  throw refuse(source, format);
}

/** Why a file is refused, and what to do. */
export function refuse({ path }: SourceFile, format: Format | null): AppError {
  const reason =
    format?.refusal?.(path) ??
    'is of no kind that Stitchwork knows. It opens safetensors and PyTorch files, and folders with them.';
  return (format?.isBad ? badFile : unsupported)(`${path} ${reason}`);
}
