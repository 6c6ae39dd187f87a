import type { ErrorKind } from '../errors.ts';
import type { ParameterInfo } from '../merge/method.ts';
import type { Preflight } from '../merge/preflightReport.ts';
import type { LocalizeSettings, MetricName, Recipe, TaskData } from '../recipe/recipe.ts';
import type { DType } from '../tensor/dtype.ts';
import type { LabApi, LabInput } from './lab/types.ts';

/** Where the arithmetic runs. */
export interface EngineStatus {
  kind: 'webgpu' | 'cpu';
  /** Adapter name, or why there is none. */
  adapter: string;
  /** A software adapter: correct, but slow. */
  software: boolean;
  /** Where masks are found with data: on the CPU, as WebAssembly, where the GPU is a software one. */
  localizing: 'webgpu' | 'wasm';
  storage: { usedBytes: number; quotaBytes: number };
}

export interface Progress {
  /** Short stage name on screen: "Reading", "Localizing", "Merging". */
  stage: string;
  /** What `done` and `total` count. */
  unit: 'bytes' | 'steps';
  done: number;
  total: number;
  /** Units; 0 until it can be told. */
  perSecond: number;
  /** null until it can be told. */
  secondsLeft: number | null;
  /** Tensor or file at work. */
  detail: string;
  /** While localizing with data: how the optimisation goes. */
  live?: LocalizeLive;
}

/** The optimisation of masks, as it goes. */
export interface LocalizeLive {
  /** Names of the models whose masks are at work: one, or all for `joint`. */
  models: string[];
  epoch: number;
  epochs: number;
  step: number;
  steps: number;
  /** Loss of each step so far; of equally spaced ones when there are more than 200. */
  losses: number[];
  /** Share of the last epoch's examples that were told right, null before the first is over or without labels. */
  accuracy: number | null;
  /** Share of positions with σ(S) > ½, or the budget where a localizer keeps it exactly. */
  density: number;
  /** Positions by σ(S) in 20 equal bins from 0 to 1, over all masks at work. */
  histogram: number[];
  secondsPerStep: number;
  paused: boolean;
  /** Plain sentences, e.g. that the mask empties, or that blocks stream because the GPU is too small. */
  notes: string[];
}

/** A localizer as the page knows it. */
export interface LocalizerInfo {
  id: string;
  label: string;
  /** One plain line. */
  summary: string;
  paper: { title: string; url: string; section: string } | null;
  /** Whether it needs data, and whether of all tasks at once. */
  needs: 'nothing' | 'data' | 'data of every task';
  defaults: LocalizerNumbers | null;
  /** Its defaults when the examples are images. */
  imageDefaults: LocalizerNumbers | null;
}

/** By the names of recipes; null where a localizer has no such number. */
export interface LocalizerNumbers {
  epochs: number;
  batch_size: number;
  learning_rate: number | null;
  l1: number | null;
}

/** A task of the paper: how its examples become prompts. */
export interface TaskPreset {
  id: string;
  label: string;
  input: 'text' | 'images';
  data: TaskData;
  metric: MetricName;
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
  /** Preset whose name the path holds, or null. */
  preset: string | null;
  /** Class names found in the first rows. */
  labels: string[];
  notes: string[];
}

/** What a model would do with its data, from headers and first rows; `problem` says why it cannot. */
export interface DataCheck {
  problem: string | null;
  /** e.g. "2 classes · prompt “{text} It was{mask} .” · 512 training and 872 test examples". */
  summary: string;
  /** Examples by class of the training data. */
  counts: { label: string; examples: number }[];
  /** First training example as the model reads it. */
  example: string;
  notes: string[];
}

export type ScoredModel = 'base' | 'finetuned' | 'graft' | 'merged';

/** One measurement. */
export interface Score {
  model: ScoredModel;
  /** Name of the task's fine-tuned checkpoint. */
  task: string;
  metric: MetricName;
  /** Perplexity ≥ 1; the others 0 … 1. */
  value: number;
  /** Examples. */
  n: number;
}

/** One fine-tune measured on the tests of another task. */
export type CrossScore = Omit<Score, 'model'> & {
  /** Name of the fine-tuned checkpoint. */
  model: string;
};

/** How one model's mask was found with data. */
export interface LocalizedMask {
  model: string;
  /** Content id of the mask's inputs and settings. */
  mask: string;
  preset: string;
  /** Share of the scope. */
  density: number;
  seconds: number;
  steps: number;
  losses: number[];
  /** Found in storage. */
  reused: boolean;
}

/** Bytes of weights and mask state that may stay on the device; what does not fit streams from storage. */
export interface MemoryBudget {
  /** What the next run goes by. */
  bytes: number;
  /** What it goes by when nothing is chosen. */
  automatic: number;
  chosen: number | null;
}

export interface CheckpointSummary {
  /** Content id: SHA-256 over the SHA-256s of fixed chunks, hex. */
  id: string;
  name: string;
  architecture: { id: string; label: string } | null;
  parameters: number;
  tensors: number;
  /** Dtypes by number of parameters, most first. */
  dtypes: DType[];
  bytes: number;
  sideFiles: string[];
  addedAt: number;
}

/** A dropped checkpoint that waits for its copy. */
export interface Candidate {
  /** Handle for `ingest`; valid until the next `inspect`. */
  key: string;
  name: string;
  architecture: { id: string; label: string } | null;
  parameters: number;
  dtypes: DType[];
  bytes: number;
  /** Bytes already copied by an ingest that was cut off. */
  resumableBytes: number;
}

export interface Problem {
  path: string;
  kind: ErrorKind;
  message: string;
}

export interface InspectResult {
  candidates: Candidate[];
  problems: Problem[];
  recipes: { path: string; text: string }[];
}

export type { ParameterInfo };

export interface MethodInfo {
  id: string;
  label: string;
  /** One plain line. */
  summary: string;
  /** The formula in plain Unicode, e.g. "θ = θ_pre + λ Σ wᵢ τᵢ". */
  formula: string;
  paper: { title: string; url: string; section: string };
  parameters: readonly ParameterInfo[];
  defaultScope: 'blocks' | 'all';
  /** Whether it localizes (masks by density) or uses every weight. */
  masks: boolean;
  /** Whether it takes masks found with data. */
  learnsMasks: boolean;
}

/** Counts over the positions of one tensor in scope. */
export interface TensorStats {
  name: string;
  /** Block number, or null outside the blocks. */
  layer: number | null;
  /** "attention", "MLP", "LayerNorm", "embeddings", "head", "other". */
  component: string;
  elements: number;
  /** Positions in the mask of each model, in recipe order. */
  kept: number[];
  changed: number;
}

export interface RunResult {
  id: string;
  method: string;
  models: string[];
  base: string;
  parameters: { total: number; scope: number; changed: number };
  /** Fraction of scope positions in each model's mask, in recipe order. */
  density: number[];
  /** |γ_i ∩ γ_j| for every pair, row-major n × n; the diagonal holds |γ_i|. */
  intersections: number[];
  /** owners[k] = positions owned by exactly k tasks, k = 0 … n. */
  owners: number[];
  tensors: TensorStats[];
  /** Cosine of every pair of masked task vectors, row-major n × n; empty for methods without masks. */
  cosines: number[];
  /** Of the models whose masks were found with data. */
  localized: LocalizedMask[];
  scores: Score[];
  /** Plain sentences, e.g. about NaN weights met. */
  notes: string[];
  /** `evaluate` is for comparing task vectors and scoring models. */
  seconds: { localize: number; merge: number; evaluate: number };
  bytesRead: number;
  bytesWritten: number;
  adapter: string;
}

export type RunState = 'running' | 'stopped' | 'done';

export interface RunSummary {
  id: string;
  recipe: Recipe;
  state: RunState;
  /** 0 … 1 */
  fraction: number;
  startedAt: number;
  error: { kind: ErrorKind; message: string } | null;
}

export interface SaveOptions {
  /** "one" file, or shards of at most `shardBytes`. */
  layout: 'one' | 'shards';
  shardBytes: number;
}

/** A file to save: its bytes are read from storage as they are written out. */
export interface OutputFile {
  name: string;
  blob: Blob;
}

/** Demos that come with the app: folders of public/demo/. */
export type DemoName = 'vision' | 'text';

/** A demo in the library: a recipe of all its tasks with data, by the names there, and what its tasks are. */
export interface LoadedDemo extends LabInput {
  /** What its models are, in a sentence or two. */
  note: string;
  /** Content id of its base. */
  base: string;
}

/** What the main thread may ask of the worker. Job ids cancel: see `cancel`. */
export interface WorkerApi {
  status(): Promise<EngineStatus>;
  methods(): Promise<MethodInfo[]>;

  /** Opens dropped or chosen files from their headers alone. */
  inspect(sources: { path: string; file: File }[]): Promise<InspectResult>;
  /** How checkpoints fit: keys of candidates or ids of the library. The scope is the method's unless given. */
  preflight(base: string, models: string[], recipe?: Recipe): Promise<Preflight>;
  /** Copies a candidate into the library; returns its content id. Ends an earlier cut-off copy. */
  ingest(job: string, key: string, onProgress: (progress: Progress) => void): Promise<string>;

  library(): Promise<CheckpointSummary[]>;
  /**
   * Brings a demo into the library, of which what is there already is not fetched again; `folder` is the URL of public/demo/.
   * `cancel(job)` ends it. Throws BadFile where a file does not arrive.
   */
  loadDemo(
    job: string,
    folder: string,
    which: DemoName,
    onProgress: (progress: Progress) => void,
  ): Promise<LoadedDemo>;

  rename(id: string, name: string): Promise<void>;
  remove(id: string): Promise<void>;
  tensors(id: string): Promise<{ name: string; dtype: DType; shape: number[]; bytes: number }[]>;
  /** Base of the library: the id marked, or null. */
  base(): Promise<string | null>;
  setBase(id: string): Promise<void>;

  /** Errors name line and field. */
  parseRecipe(text: string): Promise<Recipe>;
  formatRecipe(recipe: Recipe): Promise<string>;
  /** A recipe text as the hash of a link. */
  encodeRecipeLink(text: string): Promise<string>;
  /** The recipe text of a link's hash, or null when the hash is about something else. */
  decodeRecipeLink(hash: string): Promise<string | null>;

  /** Starts or resumes the run of this recipe on the library; resolves with its result when done. */
  run(job: string, recipe: Recipe, onProgress: (progress: Progress) => void): Promise<RunResult>;
  runs(): Promise<RunSummary[]>;
  result(runId: string): Promise<RunResult>;
  removeRun(runId: string): Promise<void>;
  /** Scores every fine-tune of a finished run on the tests of its other tasks, each by its natural metric. */
  scoreAcross(
    job: string,
    runId: string,
    onProgress: (progress: Progress) => void,
  ): Promise<CrossScore[]>;
  /** The merged checkpoint as files: weights, index when sharded, side files, README model card. */
  outputs(runId: string, options: SaveOptions): Promise<OutputFile[]>;
  /** The mask of one model of a finished run with its values, as a sparse safetensors file. */
  patch(
    job: string,
    runId: string,
    model: number,
    onProgress: (progress: Progress) => void,
  ): Promise<OutputFile>;

  cancel(job: string): Promise<void>;
  /** Holds a run after the step at work, and lets it go on; only localizing with data pauses. */
  pause(job: string, paused: boolean): Promise<void>;

  memoryBudget(): Promise<MemoryBudget>;
  /** Keeps a budget for later runs; null is automatic. */
  setMemoryBudget(bytes: number | null): Promise<void>;

  localizers(): Promise<LocalizerInfo[]>;
  presets(): Promise<TaskPreset[]>;
  data(): Promise<DataSummary[]>;
  /** Stores data under a path; several files are a folder of images. Data of the same path is replaced. */
  addData(name: string, sources: { path: string; file: File }[]): Promise<DataSummary>;
  removeData(name: string): Promise<void>;
  previewData(name: string): Promise<DataPreview>;
  /** How a model of the library would use data. */
  checkData(
    base: string,
    model: string,
    data: TaskData,
    localize?: LocalizeSettings,
  ): Promise<DataCheck>;

  /** Models in memory, remade and scored at once. */
  readonly lab: LabApi;

  /** Calls back whenever checkpoints or runs changed, here or in another tab. */
  watch(onChange: () => void): Promise<void>;
}
