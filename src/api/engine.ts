import type { Outcome, Way } from './comparing.ts';
import type { MethodInfo } from './methods.ts';
import type { Preflight } from './preflight.ts';
import type { LocalizeSettings, Recipe, TaskData } from '../recipe/recipe.ts';
import type { DType } from '../tensor/dtype.ts';
import type { Family } from './family.ts';
import type { LabApi } from './lab.ts';
import type { LocalizerInfo } from './localizing.ts';
import type { CrossScore, Predictions, RunResult, RunSummary, ScoredModel } from './results.ts';
import type { DataCheck, DataPreview, DataSummary, TaskPreset } from './tasks.ts';
import type { EngineChoice, EngineStatus, MemoryBudget } from './status.ts';
import type { CheckpointSummary, InspectResult } from './checkpoints.ts';
import type { OnProgress } from './progress.ts';
import type { DemoBytes, DemoName, LoadedDemo } from './demo.ts';
import type { LoraFiles, LoraOptions, OutputFile, SaveOptions } from './outputs.ts';

/** What the main thread may ask of the worker. Job ids cancel: see `cancel`. */
export interface EngineApi {
  status(): Promise<EngineStatus>;
  methods(): Promise<MethodInfo[]>;

  /** Opens dropped or chosen files from their headers alone. */
  inspect(
    sources: { path: string; file: File; handle?: FileSystemFileHandle }[],
  ): Promise<InspectResult>;
  /** The paths of those archives that hold weights, or are weights, rather than examples. */
  weightArchives(archives: { path: string; file: File }[]): Promise<string[]>;
  /** How checkpoints fit: keys of candidates or ids of the library. The scope is the method's unless given. */
  preflight(base: string, models: string[], recipe?: Recipe): Promise<Preflight>;
  /**
   * Copies a candidate into the library, ending an earlier cut-off copy, or uses it in place; returns its id there, by which it
   * goes until its content id is known.
   */
  ingest(job: string, key: string, onProgress: OnProgress, inPlace?: boolean): Promise<string>;
  /** The content id of a checkpoint, once it is known. */
  identify(id: string): Promise<string>;
  /** Goes on with content ids that are not known yet, such as those of files that may be read again. */
  identifyAll(): Promise<void>;
  /** Of the weight files of a checkpoint that is used in place; none for a copy. */
  handles(id: string): Promise<FileSystemFileHandle[]>;

  library(): Promise<CheckpointSummary[]>;
  /** Bytes of copies that were cut off, which adding the same files again goes on with. */
  cutOffBytes(): Promise<number>;
  freeCutOff(): Promise<void>;
  /**
   * Brings a demo into the library, of which what is there already is not fetched again; `folder` is the URL of public/demo/.
   * `cancel(job)` ends it. Throws BadFile where a file does not arrive.
   */
  loadDemo(
    job: string,
    folder: string,
    which: DemoName,
    onProgress: OnProgress,
  ): Promise<LoadedDemo>;

  /** How much of the demos in `folder` is kept for use without a network. Throws BadFile. */
  demoBytes(folder: string): Promise<DemoBytes>;
  /** Keeps all files of the demos; `cancel(job)` ends it. Throws BadFile where one does not arrive, QuotaFull. */
  keepDemos(job: string, folder: string, onProgress: OnProgress): Promise<void>;

  rename(id: string, name: string): Promise<void>;
  remove(id: string): Promise<void>;
  /** Compares every byte of a stored copy with what was stored; throws BadFile where one differs. */
  checkCopy(job: string, id: string, onProgress: OnProgress): Promise<void>;
  tensors(id: string): Promise<{ name: string; dtype: DType; shape: number[]; bytes: number }[]>;
  /** Where a merged checkpoint comes from: key of a candidate or id of the library. Null when it does not say. */
  family(keyOrId: string): Promise<Family | null>;
  /** Base of the library: the id marked, or null. */
  base(): Promise<string | null>;
  setBase(id: string): Promise<void>;

  /** Starts or resumes the run of this recipe on the library; resolves with its result when done. */
  run(job: string, recipe: Recipe, onProgress: OnProgress): Promise<RunResult>;
  runs(): Promise<RunSummary[]>;
  result(runId: string): Promise<RunResult>;
  removeRun(runId: string): Promise<void>;
  /** Scores every fine-tune of a finished run on the tests of its other tasks, each by its natural metric. */
  scoreAcross(job: string, runId: string, onProgress: OnProgress): Promise<CrossScore[]>;
  /**
   * What a model of a finished run puts out on the test data of task `task`, a place in its recipe. Throws Incompatible
   * where there are none.
   */
  predictions(
    job: string,
    runId: string,
    of: { task: number; model: ScoredModel },
    onProgress: OnProgress,
  ): Promise<Predictions>;
  /** The merged checkpoint as files: weights, index when sharded, side files, README model card. */
  outputs(runId: string, options: SaveOptions): Promise<OutputFile[]>;
  /** The mask of one model of a finished run with its values, as a sparse safetensors file. */
  patch(job: string, runId: string, model: number, onProgress: OnProgress): Promise<OutputFile>;
  /** The same mask as a folder of a SHiRA adapter of PEFT; throws Unsupported where it is none. */
  adapter(job: string, runId: string, model: number, onProgress: OnProgress): Promise<OutputFile[]>;
  /**
   * What a finished run changed, as a LoRA adapter of PEFT: of `rank`, or of the smallest rank up to it that is off by no more
   * than `error` of the changes' norm. Throws Incompatible where no linear layer changed.
   */
  lora(
    job: string,
    runId: string,
    options: LoraOptions,
    onProgress: OnProgress,
  ): Promise<LoraFiles>;
  /** Why the masks of a run are no SHiRA adapters, null when their headers allow it. */
  whyNoAdapter(runId: string): Promise<string | null>;

  /** What ways to merge came to that were measured on the same checkpoints and data; null each where none is known. */
  recallOutcomes(ways: Way[]): Promise<(Outcome | null)[]>;
  /** Keeps what a way to merge came to, as long as its checkpoints and data are there. */
  keepOutcome(way: Way, outcome: Outcome): Promise<void>;

  cancel(job: string): Promise<void>;
  /** Holds a run after the step at work, and lets it go on; only localizing with data pauses. */
  pause(job: string, paused: boolean): Promise<void>;

  /** Keeps the choice for later runs. */
  setEngine(choice: EngineChoice): Promise<void>;
  memoryBudget(): Promise<MemoryBudget>;
  /** Keeps a budget for later runs; null is automatic. */
  setMemoryBudget(bytes: number | null): Promise<void>;

  localizers(): Promise<LocalizerInfo[]>;
  presets(): Promise<TaskPreset[]>;
  data(): Promise<DataSummary[]>;
  /**
   * Stores data under a path, or below it where they have several splits; several files are a folder of images, archives are
   * unpacked. Data of the same path is replaced. `notes` tell what was left out.
   */
  addData(
    name: string,
    sources: { path: string; file: File }[],
  ): Promise<{ added: DataSummary[]; notes: string[] }>;
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
