import { AppError } from '../errors.ts';
import type { SourceFile } from '../formats/source.ts';

/** An image of a dataset, read when it is needed; `label` is the class index. */
export interface ImageEntry {
  path: string;
  open(): Promise<Blob>;
  label: number;
}

export interface ImageList {
  images: ImageEntry[];
  labels: string[];
}

/** Images and classes of a folder per class, a CSV of paths and labels, or a zip; throws BadFile. */
export async function listImages(files: readonly SourceFile[]): Promise<ImageList> {
  throw new AppError('Bug', `not yet: ${files.length}`);
}

/** Makes images the input of a model. */
export interface Processor {
  /** Side of the output in pixels. */
  size: number;
  /** [size × size × 3] float32, row by row, normalised; throws BadFile naming `path` when it is no image. */
  process(blob: Blob, path: string): Promise<Float32Array>;
}

/** The processor of preprocessor_config.json (null: CLIP's), to `size` pixels. */
export async function imageProcessor(
  preprocessorConfig: Blob | null,
  size: number,
): Promise<Processor> {
  throw new AppError('Bug', `not yet: ${preprocessorConfig?.size} ${size}`);
}
