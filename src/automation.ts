import type { EngineApi } from './api/engine.ts';
import type { SaveOptions } from './api/outputs.ts';
import type { InspectResult } from './api/checkpoints.ts';
import type { Recipe } from './recipe/recipe.ts';
import type { SweptRecipe } from './recipe/sweep.ts';

/**
 * What scripts/headless.js drives, as `window.stitchwork`. Files arrive through the inputs #open-files and #open-folder,
 * as a user's do.
 */
export interface Automation {
  /** The worker, as the page itself uses it. */
  engine: EngineApi;
  /** A recipe's text as the page reads it, with the recipes of its sweep; throws BadFile, which names lines and fields. */
  readRecipe(text: string): Promise<{ recipe: Recipe; variants: SweptRecipe[] }>;
  /** Waits for an inspection under way; then all files on the table, or null when there are none. */
  opened(): Promise<InspectResult | null>;
  /** Hands every output of a run to the browser's downloads, one after another; resolves to their names. */
  download(runId: string, options: SaveOptions): Promise<string[]>;
}

declare global {
  interface Window {
    stitchwork?: Automation;
  }
}
