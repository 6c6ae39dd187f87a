import type { ColumnMap } from '../columns.ts';

interface Named {
  id: string;
  /** As papers write it. */
  label: string;
  /** Names of files and folders that mean it, matched against lower-case words joined by "-". */
  names: RegExp;
  /** Of evaluation, in 0 … 1. */
  metric: 'accuracy' | 'f1';
}

/** A task on text through a prompt: class i of `labels` is the token of `labelWords[i]`. */
export interface LanguagePreset extends Named {
  kind: 'language';
  template: string;
  labels: readonly string[];
  labelWords: readonly string[];
  /** As the task's public data sets name them. */
  columns: ColumnMap;
  /** Classes in the order of LM-BFF's numbers, where it is another. */
  numbered?: readonly string[];
}

/** A task on images through CLIP: a class is the mean of its name's embeddings in `templates` ("{}" is the name). */
export interface VisionPreset extends Named {
  kind: 'vision';
  templates: readonly string[];
  /** What CLIP is told for the label of a data set, which is a folder's name: number `at` of so many classes. */
  className(label: string, at: number, classes: number): string;
}

export type Preset = LanguagePreset | VisionPreset;
