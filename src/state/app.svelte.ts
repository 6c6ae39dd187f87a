import { createContext } from 'svelte';
import type { EngineStatus, WorkerApi } from '../worker/types.ts';
import type { DroppedFile } from '../ui/fileDrop.ts';
import { Demo } from './demo.svelte.ts';
import { Library } from './library.svelte.ts';
import { Notices } from './notices.svelte.ts';
import { Opening } from './opening.svelte.ts';
import { Route } from './route.svelte.ts';
import { Runs } from './runs.svelte.ts';
import { Saving } from './saving.svelte.ts';
import { Setup } from './setup.svelte.ts';
import { Theme } from './theme.svelte.ts';
import { Update } from './update.svelte.ts';

/** All state of the page, created once. */
export class App {
  readonly notices = new Notices();
  readonly route = new Route();
  readonly theme = new Theme();
  readonly update = new Update();
  readonly library: Library;
  readonly opening: Opening;
  readonly setup: Setup;
  readonly runs: Runs;
  readonly saving: Saving;
  readonly demo: Demo;
  status = $state.raw<EngineStatus | null>(null);
  #link = '';

  constructor(readonly engine: WorkerApi) {
    this.library = new Library(engine, this.notices);
    this.opening = new Opening(engine, this.library, this.notices);
    this.setup = new Setup(engine, this.library);
    this.runs = new Runs(engine, this.notices);
    this.saving = new Saving(engine);
    this.demo = new Demo(engine, this.library, this.setup, this.runs, this.route);
  }

  /** Whether something is under way that a reload would cut off. */
  get busy(): boolean {
    return (
      this.runs.running || this.demo.busy || this.saving.busy || this.opening.state.at === 'copying'
    );
  }

  /** Loads what the engine keeps, then the recipe of a shared link. */
  async start(): Promise<void> {
    await this.notices.attempt(async () => {
      this.setup.methods = await this.engine.methods();
      await this.openLink();
      await this.refresh();
    });
    await this.refreshStatus();
    await this.engine.watch(() => void this.notices.attempt(() => this.refresh()));
  }

  /** Shows what the engine keeps now: another tab may have changed it. */
  async refresh(): Promise<void> {
    await Promise.all([this.library.refresh(), this.runs.refresh()]);
    await this.setup.follow();
  }

  /** Loads the recipe of the link in the address bar, once. */
  async openLink(): Promise<void> {
    const { link } = this.route.at;
    if (!link || link === this.#link) return;
    this.#link = link;
    const text = await this.engine.decodeRecipeLink(link);
    if (text !== null) await this.setup.load(text);
  }

  async copyLink(): Promise<void> {
    await this.notices.attempt(async () => {
      const link = await this.engine.encodeRecipeLink(this.setup.text);
      await navigator.clipboard.writeText(new URL(link, location.href).href);
      this.notices.say('Link copied. It holds the recipe, no weights.');
    });
  }

  async refreshStatus(): Promise<void> {
    this.status = (await this.notices.attempt(() => this.engine.status())) ?? this.status;
  }

  /** Opens dropped or chosen files; recipes among them go to Merge. */
  async open(files: readonly DroppedFile[]): Promise<void> {
    if (this.demo.busy) {
      this.notices.say('Wait until the demo is done, then drop these again.');
      return;
    }
    const found = await this.opening.open(files);
    if (!found) return;
    const [recipe] = found.recipes;
    if (recipe) await this.setup.load(recipe.text);
    const onlyRecipe = recipe && !found.candidates.length && !found.problems.length;
    if (onlyRecipe) this.opening.close();
    this.route.go(onlyRecipe ? 'merge' : 'library');
  }

  /** Runs the demo, in place of what may lie on the table. */
  async tryDemo(): Promise<void> {
    if (this.opening.state.at === 'copying') return;
    this.opening.close();
    this.route.go('library');
    await this.demo.start();
    await this.refreshStatus();
  }

  /** Copies what is on the table into the library. */
  async add(): Promise<void> {
    const { ids, whole } = await this.opening.add();
    if (whole) this.notices.say('Added to the library.');
    await this.setup.takeIn(ids);
    await this.refreshStatus();
  }
}

export const [useApp, provideApp] = createContext<App>();
