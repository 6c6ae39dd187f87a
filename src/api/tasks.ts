import type { MetricName, TaskData } from '../recipe/recipe.ts';

/** A task of the paper: how its examples become prompts. */
export interface TaskPreset {
  id: string;
  label: string;
  input: 'text' | 'images';
  data: TaskData;
  metric: MetricName;
  /** What is read otherwise of files whose classes are numbers in another order. */
  numbered?: Pick<TaskData, 'labels' | 'label_words'>;
}

/** Data of the library. */
export interface DataSummary {
  /** Path by which recipes name it, unique. */
  name: string;
  /** Content id. */
  id: string;
  kind: 'table' | 'text' | 'images' | 'head';
  bytes: number;
  files: number;
}

/** The first rows of data, and what it seems to be. */
export interface DataPreview {
  columns: string[];
  rows: Record<string, string>[];
  guess: TaskData;
  /** How a language model reads it as questions with choices or prompts with answers; null where it seems to be neither. */
  prompted: TaskData | null;
  /** Preset whose name the path holds, or null. */
  preset: string | null;
  /** Preset whose columns and classes these are, or null. */
  alike: string | null;
  /** Whether the labels are kept secret: −1 in the first rows, or absent where rows are numbered, as in GLUE's own files. */
  secret: boolean;
  /** Class names found in the first rows. */
  labels: string[];
  notes: string[];
}

/** What a model would do with its data, from headers and first rows; `problem` says why it cannot. */
export interface DataCheck {
  problem: string | null;
  /** e.g. "2 classes · prompt “{text} It was{mask} .” · 512 training and 872 test examples". */
  summary: string;
  /** Names of the classes, as far as they are known. */
  labels: string[];
  /** Examples by class of the training data. */
  counts: { label: string; examples: number }[];
  /** First training example as the model reads it. */
  example: string;
  notes: string[];
}
