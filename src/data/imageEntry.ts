import type { Pixels } from './resample.ts';

/** An image of a dataset, read when it is needed: its file, or its pixels; `label` is the class index. */
export interface ImageEntry {
  path: string;
  open(): Promise<Blob | Pixels>;
  label: number;
  /** Where it stands in a table: images in this order are read fastest. */
  row?: number;
  /** Which images are read with it, of files that are read in part. */
  span?: number;
}

/** Images and the names of their classes. */
export interface ImageList {
  images: ImageEntry[];
  labels: string[];
  /** Whether the file tells the order of the classes. */
  inOrder?: true;
}
