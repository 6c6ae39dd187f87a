import type { LabInput } from './lab.ts';

/** Demos that come with the app: folders of public/demo/. */
export type DemoName = 'vision' | 'text';

/** A demo in the library: a recipe of all its tasks with data, by the names there, and what its tasks are. */
export interface LoadedDemo extends LabInput {
  /** What its models are, in a sentence or two. */
  note: string;
  /** Content id of its base. */
  base: string;
}

/** Bytes of all demos' files, and of those that are not kept for use without a network. */
export interface DemoBytes {
  total: number;
  missing: number;
}
