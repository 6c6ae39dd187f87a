import type { ErrorKind } from '../errors.ts';
import type { Paper, ParameterInfo } from '../merge/method.ts';
import type { Preflight } from '../merge/preflightReport.ts';
import type { LocalizeSettings, Recipe, TaskData } from '../recipe/recipe.ts';
import type { SweptRecipe } from '../recipe/sweep.ts';
import type { DType } from '../tensor/dtype.ts';
import type { Family } from './family.ts';
import type { LabApi, LabInput } from './lab.ts';
import type { LocalizeLive, LocalizerInfo } from './localizing.ts';
import type { CrossScore, Predictions, RunResult, RunSummary, ScoredModel } from './results.ts';
import type { DataCheck, DataPreview, DataSummary, TaskPreset } from './tasks.ts';

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
  /** Of a patch: content id of its base, and its task; `parameters` are those it holds. */
  patch: { base: string; task: string } | null;
  bytes: number;
  sideFiles: string[];
  /** Whether its metadata tell how it was merged. */
  merged: boolean;
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
  /** Of a patch: content id of its base, and its task; `parameters` are those it holds. */
  patch: { base: string; task: string } | null;
  bytes: number;
  /** Whether its metadata tell how it was merged. */
  merged: boolean;
  /** Bytes already copied by an ingest that was cut off. */
  resumableBytes: number;
  /** Sentences on how its files were read, and what of them was left out. */
  notes: string[];
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
  paper: Paper;
  parameters: readonly ParameterInfo[];
  defaultScope: 'blocks' | 'all';
  /** How many models it takes; absent: any number. */
  models?: readonly [least: number, most: number];
  /** Whether each model has a mask, or every weight counts. */
  masks: boolean;
  /** Whether a patch has its own mask for it, and no density. */
  pinsPatches: boolean;
  /** Whether it takes masks found with data. */
  learnsMasks: boolean;
  /** Its parameters under `compat: mergekit`, null when mergekit has no such method. */
  mergekit: readonly ParameterInfo[] | null;
  /** What data of every task it learns from, one plain line; null when it goes by weights alone. */
  needs: string | null;
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
export interface EngineApi {
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
  /** Where a merged checkpoint comes from: key of a candidate or id of the library. Null when it does not say. */
  family(keyOrId: string): Promise<Family | null>;
  /** Base of the library: the id marked, or null. */
  base(): Promise<string | null>;
  setBase(id: string): Promise<void>;

  /** Errors name line and field. */
  parseRecipe(text: string): Promise<Recipe>;
  formatRecipe(recipe: Recipe): Promise<string>;
  /** The recipes of a sweep, each with the values that make it. */
  expandSweep(recipe: Recipe): Promise<SweptRecipe[]>;
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
  /**
   * What a model of a finished run puts out on the test data of task `task`, a place in its recipe. Throws Incompatible
   * where there are none.
   */
  predictions(
    job: string,
    runId: string,
    of: { task: number; model: ScoredModel },
    onProgress: (progress: Progress) => void,
  ): Promise<Predictions>;
  /** The merged checkpoint as files: weights, index when sharded, side files, README model card. */
  outputs(runId: string, options: SaveOptions): Promise<OutputFile[]>;
  /** The mask of one model of a finished run with its values, as a sparse safetensors file. */
  patch(
    job: string,
    runId: string,
    model: number,
    onProgress: (progress: Progress) => void,
  ): Promise<OutputFile>;
  /** The same mask as a folder of a SHiRA adapter of PEFT; throws Unsupported where it is none. */
  adapter(
    job: string,
    runId: string,
    model: number,
    onProgress: (progress: Progress) => void,
  ): Promise<OutputFile[]>;
  /** Why the masks of a run are no SHiRA adapters, null when their headers allow it. */
  whyNoAdapter(runId: string): Promise<string | null>;

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
