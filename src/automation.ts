import type { EngineApi } from './api/engine.ts';
import type { LoraFiles, LoraOptions, SaveOptions } from './api/outputs.ts';
import type { InspectResult } from './api/checkpoints.ts';
import type { Preflight } from './api/preflight.ts';
import type { RunResult } from './api/results.ts';
import type { Recipe, TableName } from './recipe/recipe.ts';
import type { SweptRecipe } from './recipe/sweep.ts';
import type { DroppedFile } from './ui/fileDrop.ts';

/**
 * What scripts/headless.js drives, as `window.stitchwork`.
 */
export interface Automation {
  /** The worker, as the page itself uses it. */
  engine: EngineApi;
  /** A recipe's text as the page reads it, with those it stands for; throws BadFile, which names lines and fields. */
  readRecipe(text: string): Promise<{ recipe: Recipe; variants: SweptRecipe[] }>;
  /** Tables of recipes measured side by side, cells as they are shown. */
  tables(
    names: readonly TableName[],
    runs: readonly (SweptRecipe & { result: RunResult })[],
  ): Promise<{ title: string; columns: string[]; rows: string[][] }[]>;
  /** Opens files as if they were dropped; then all on the table, and how it fits the base among it that the page chose. */
  open(files: DroppedFile[]): Promise<InspectResult & { fit: Preflight | null }>;
  /** Waits for an inspection under way; then all files on the table, or null when there are none. */
  opened(): Promise<InspectResult | null>;
  /** The names of a run's outputs, which may be paths; `download` then hands over one of them. */
  outputs(runId: string, options: SaveOptions): Promise<string[]>;
  /** The same of what a run changed as a LoRA adapter, with its rank and what it leaves. */
  lora(
    runId: string,
    options: LoraOptions,
  ): Promise<Omit<LoraFiles, 'files'> & { names: string[] }>;
  /** Hands an output, by its number, to the browser's downloads, which take ten in a second. */
  download(output: number): void;
}

declare global {
  interface Window {
    stitchwork?: Automation;
  }
}
