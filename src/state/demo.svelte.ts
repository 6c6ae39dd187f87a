import { type AppError, toAppError } from '../errors.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { EngineApi } from '../api/engine.ts';
import type { DemoName, LoadedDemo } from '../api/demo.ts';
import type { Progress } from '../api/progress.ts';
import type { Datasets } from './datasets.svelte.ts';
import { unlessCancelled } from './cancelled.ts';
import type { Library } from './library.svelte.ts';
import { setLocalize } from './localizeEdit.ts';
import type { Place, Route } from './route.svelte.ts';
import type { Runs } from './runs.svelte.ts';
import type { Setup } from './setup.svelte.ts';
import type { TryOut } from './tryOut.svelte.ts';

/** How far a demo is; the merge itself shows in `runs`. */
export type DemoState =
  | { at: 'idle' }
  | { at: 'loading'; which: DemoName; job: string; progress: Progress | null }
  /** Its models are being brought into memory, and asked. */
  | { at: 'asking' }
  | { at: 'merging' }
  | { at: 'failed'; error: AppError };

/** Tasks that *Try the demo* merges, so that the result is there in seconds without a GPU too, and at which density. */
const first = { tasks: ['digits', 'signs', 'aerial', 'scenes'], density: 0.1 };

/** The recipe of a demo for a first look: some of its tasks, localized by size of change, which takes no training. */
function quick({ recipe }: LoadedDemo): Recipe {
  const chosen = recipe.models.filter(({ model }) => first.tasks.includes(model));
  const models = chosen.length > 1 ? chosen : recipe.models.slice(0, first.tasks.length);
  const fast: Recipe = { ...recipe, models, parameters: { density: first.density } };
  return recipe.localize ? setLocalize(fast, { preset: 'dataless' }) : fast;
}

/** Brings the demos into the library, and leads from one button to a result. */
export class Demo {
  state = $state.raw<DemoState>({ at: 'idle' });
  /** What the models of the last demo are, once it was loaded; and the run made of it. */
  note = $state('');
  run = $state<string | null>(null);
  readonly busy = $derived(this.state.at !== 'idle' && this.state.at !== 'failed');
  /** On the way from the button to the result. */
  leading = $state(false);
  /** What is merged on that way, once it is known. */
  recipe = $state.raw<Recipe | null>(null);
  #cancelled = false;
  #loading: { which: DemoName; loaded: Promise<LoadedDemo | null> } | null = null;

  constructor(
    readonly engine: EngineApi,
    readonly library: Library,
    readonly datasets: Datasets,
    readonly setup: Setup,
    readonly runs: Runs,
    readonly route: Route,
    readonly tryOut: TryOut,
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

  /** Loads the demo of images, shows what its models answer, merges them and shows the result. */
  async start(): Promise<void> {
    if (this.leading || this.runs.running) return;
    this.leading = true;
    this.#cancelled = false;
    this.recipe = null;
    this.route.go('results');
    try {
      const demo = await this.load('vision');
      if (!demo) return this.#goOn('library');
      await this.engine.setBase(demo.base);
      await this.library.refresh();
      const recipe = (this.recipe = quick(demo));
      await this.setup.change(recipe);
      this.state = { at: 'asking' };
      await this.tryOut.open(recipe, null);
      if (this.#cancelled) {
        this.state = { at: 'idle' };
        return this.#goOn('library');
      }
      this.state = { at: 'merging' };
      const result = await this.runs.start(recipe);
      this.state = { at: 'idle' };
      this.run = result?.id ?? null;
      if (result) this.#goOn('results', result.id);
      else this.#goOn('merge');
    } catch (thrown) {
      this.state = { at: 'failed', error: toAppError(thrown) };
    } finally {
      this.leading = false;
    }
  }

  /** Leaves what failed. */
  close(): void {
    this.state = { at: 'idle' };
    this.route.go('library');
  }

  /** Goes on from where the demo shows, unless that was left meanwhile. */
  #goOn(place: Place, run?: string): void {
    const { at } = this.route;
    if (at.place === 'results' && at.page === 'run' && at.run === null) this.route.go(place, run);
  }

  async cancel(): Promise<void> {
    if (this.state.at === 'loading') await this.engine.cancel(this.state.job);
    if (this.state.at === 'asking') {
      this.#cancelled = true;
      await this.tryOut.lab.close();
    }
    if (this.state.at === 'merging') await this.runs.cancel();
  }

  async #load(which: DemoName): Promise<LoadedDemo | null> {
    await this.runs.deletions.settle();
    const job = crypto.randomUUID();
    this.state = { at: 'loading', which, job, progress: null };
    const folder = new URL('demo/', document.baseURI).href;
    const loading = this.engine.loadDemo(job, folder, which, (progress) => {
      if (this.state.at === 'loading') this.state = { ...this.state, progress };
    });
    try {
      const demo = await unlessCancelled(loading);
      if (demo) this.note = demo.note;
      return demo;
    } finally {
      this.state = { at: 'idle' };
      await Promise.all([this.library.refresh(), this.datasets.refresh()]);
    }
  }
}
