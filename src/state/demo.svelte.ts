import { AppError, toAppError } from '../errors.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { DemoName, LoadedDemo, Progress, WorkerApi } from '../worker/types.ts';
import type { Datasets } from './datasets.svelte.ts';
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

/** How far a demo is; the merge itself shows in `runs`. */
export type DemoState =
  | { at: 'idle' }
  | { at: 'loading'; which: DemoName; job: string; progress: Progress | null }
  | { at: 'merging' }
  | { at: 'failed'; error: AppError };

/** Brings the demos into the library, and leads from one button to a result. */
export class Demo {
  state = $state.raw<DemoState>({ at: 'idle' });
  /** What the models of the last demo are, once it was loaded; and the run made of it. */
  note = $state('');
  run = $state<string | null>(null);
  readonly busy = $derived(this.state.at === 'loading' || this.state.at === 'merging');
  #loading: { which: DemoName; loaded: Promise<LoadedDemo | null> } | null = null;

  constructor(
    readonly engine: WorkerApi,
    readonly library: Library,
    readonly datasets: Datasets,
    readonly setup: Setup,
    readonly runs: Runs,
    readonly route: Route,
  ) {}

  /** Fetches what the library lacks of a demo; null when cancelled. Throws BadFile, QuotaFull. */
  async load(which: DemoName): Promise<LoadedDemo | null> {
    if (this.#loading?.which === which) return this.#loading.loaded;
    await this.#loading?.loaded.catch(() => null);
    const loaded = this.#load(which);
    this.#loading = { which, loaded };
    try {
      return await loaded;
    } finally {
      this.#loading = null;
    }
  }

  /** Loads the demo of images, merges its models and shows the result. */
  async start(): Promise<void> {
    if (this.busy || this.runs.running) return;
    try {
      const job = crypto.randomUUID();
      this.state = { at: 'loading', which: 'vision', job, progress: null };
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
    if (this.state.at === 'loading') await this.engine.cancel(this.state.job);
    if (this.state.at === 'merging') await this.runs.cancel();
  }

  async #load(which: DemoName): Promise<LoadedDemo | null> {
    const job = crypto.randomUUID();
    this.state = { at: 'loading', which, job, progress: null };
    const folder = new URL('demo/', document.baseURI).href;
    try {
      const demo = await this.engine.loadDemo(job, folder, which, (progress) => {
        if (this.state.at === 'loading') this.state = { ...this.state, progress };
      });
      this.note = demo.note;
      return demo;
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.kind !== 'Cancelled') throw error;
      return null;
    } finally {
      this.state = { at: 'idle' };
      await Promise.all([this.library.refresh(), this.datasets.refresh()]);
    }
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
          if (this.state.at === 'loading') this.state = { ...this.state, progress };
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
