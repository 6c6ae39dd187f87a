import { AppError, toAppError } from '../errors.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { Progress, WorkerApi } from '../worker/types.ts';
import type { Library } from './library.svelte.ts';
import type { Route } from './route.svelte.ts';
import type { Runs } from './runs.svelte.ts';
import type { Setup } from './setup.svelte.ts';

/** `demo.json`: what the demo is, its files relative to it, and the recipe to run, as YAML. */
interface DemoList {
  note: string;
  files: string[];
  recipe: string;
}

/** How far the demo is; the merge itself shows in `runs`. */
export type DemoState =
  | { at: 'idle' }
  | { at: 'copying'; job: string; progress: Progress | null }
  | { at: 'merging' }
  | { at: 'failed'; error: AppError };

/** From one button to a result: fetches the demo's checkpoints, copies them and merges them. */
export class Demo {
  state = $state.raw<DemoState>({ at: 'idle' });
  /** What the demo's models are, once it was loaded; and the run it made. */
  note = $state('');
  run = $state<string | null>(null);
  readonly busy = $derived(this.state.at === 'copying' || this.state.at === 'merging');

  constructor(
    readonly engine: WorkerApi,
    readonly library: Library,
    readonly setup: Setup,
    readonly runs: Runs,
    readonly route: Route,
  ) {}

  async start(): Promise<void> {
    if (this.busy || this.runs.running) return;
    const job = crypto.randomUUID();
    this.state = { at: 'copying', job, progress: null };
    try {
      const recipe = await this.#copy(job);
      await this.setup.change(recipe);
      this.state = { at: 'merging' };
      const result = await this.runs.start(recipe);
      this.state = { at: 'idle' };
      this.run = result?.id ?? null;
      if (result) this.route.go('results', result.id);
      else this.route.go('merge');
    } catch (thrown) {
      const error = toAppError(thrown);
      this.state = error.kind === 'Cancelled' ? { at: 'idle' } : { at: 'failed', error };
      await this.library.refresh();
    }
  }

  async cancel(): Promise<void> {
    if (this.state.at === 'copying') await this.engine.cancel(this.state.job);
    if (this.state.at === 'merging') await this.runs.cancel();
  }

  /** Copies the demo's checkpoints into the library; its recipe, by their references there. */
  async #copy(job: string): Promise<Recipe> {
    const text = await fetchFile('demo.json').then((file) => file.text());
    const list = JSON.parse(text) as DemoList;
    this.note = list.note;
    const sources = await Promise.all(
      list.files.map(async (path) => ({ path, file: await fetchFile(path) })),
    );
    const recipe = await this.engine.parseRecipe(list.recipe);
    const { candidates } = await this.engine.inspect(sources);
    const ids = new Map<string, string>();
    for (const { key, name } of candidates)
      ids.set(
        name,
        await this.engine.ingest(job, key, (progress) => {
          if (this.state.at === 'copying') this.state = { at: 'copying', job, progress };
        }),
      );
    const base = ids.get(recipe.base_model);
    if (base) await this.engine.setBase(base);
    await this.library.refresh();
    const reference = (name: string) => {
      const checkpoint = this.library.find(ids.get(name) ?? name);
      return checkpoint ? this.library.reference(checkpoint) : name;
    };
    return {
      ...recipe,
      base_model: reference(recipe.base_model),
      models: recipe.models.map((each) => ({ ...each, model: reference(each.model) })),
    };
  }
}

async function fetchFile(path: string): Promise<File> {
  const response = await fetch(`./demo/${path}`);
  if (!response.ok)
    throw new AppError(
      'BadFile',
      `The demo file ${path} could not be loaded (${response.status}). Reload the page and try again.`,
    );
  return new File([await response.blob()], path.split('/').at(-1) ?? path);
}
