import { createContext } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import type { AppError } from '../errors.ts';
import type { EngineApi } from '../api/engine.ts';
import type { RunResult, RunSummary } from '../api/results.ts';
import type { EngineStatus } from '../api/status.ts';
import { decodeRecipeLink, encodeRecipeLink } from '../recipe/recipeLink.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { DroppedFile } from '../ui/fileDrop.ts';
import { formatList } from '../ui/format.ts';
import { Across } from './across.svelte.ts';
import { Comparison } from './comparison.svelte.ts';
import { DataChecks } from './dataChecks.svelte.ts';
import { Datasets } from './datasets.svelte.ts';
import { Deletions } from './deletions.svelte.ts';
import { Demo } from './demo.svelte.ts';
import { Lab } from './lab.svelte.ts';
import { Library } from './library.svelte.ts';
import { keepMasks } from './localizeEdit.ts';
import { Notices } from './notices.svelte.ts';
import { Opening } from './opening.svelte.ts';
import { Presenter } from './presenter.svelte.ts';
import { keptDraft } from './recipeDraft.ts';
import { References } from './references.svelte.ts';
import { Route } from './route.svelte.ts';
import { Runs } from './runs.svelte.ts';
import { Saving } from './saving.svelte.ts';
import { Setup } from './setup.svelte.ts';
import { sortDrop } from './sortDrop.ts';
import { Study } from './study.svelte.ts';
import { Theme } from './theme.svelte.ts';
import { TryOut } from './tryOut.svelte.ts';
import { Update } from './update.svelte.ts';
import { sweepZips } from './zipFile.ts';

/** All state of the page, created once. */
export class App {
  readonly notices = new Notices();
  readonly route = new Route();
  readonly theme = new Theme();
  readonly presenter = new Presenter();
  readonly update = new Update(() => this.busy);
  readonly deletions: Deletions;
  readonly library: Library;
  readonly datasets: Datasets;
  readonly checks: DataChecks;
  readonly opening: Opening;
  readonly setup: Setup;
  readonly runs: Runs;
  readonly study: Study;
  readonly across: Across;
  readonly comparison: Comparison;
  readonly saving: Saving;
  readonly tryOut: TryOut;
  readonly demo: Demo;
  readonly lab: Lab;
  readonly references: References;
  /** The model whose data are being chosen, and the data just dropped on it. */
  draft = $state.raw<{ model: string; given: readonly string[] } | null>(null);
  /** What was guessed in lessons, by question, while the page is open. */
  readonly guesses = new SvelteMap<string, string>();
  /** What the view on screen is about, for the title; empty where the place says it. */
  subject = $state('');
  /** Whether a task to add is being chosen. */
  picking = $state(false);
  /** The model over whose lane files are being dragged. */
  dropTarget = $state<string | null>(null);
  glossary = $state(false);
  status = $state.raw<EngineStatus | null>(null);
  /** Why there is no engine, while there is none. */
  absence = $state.raw<AppError | null>(null);
  #link = '';
  #stale = false;
  #following: Promise<unknown> | null = null;
  /** Settles when what was on the table is there again, and what was to be deleted is not. */
  #opened: Promise<unknown> | null = null;

  constructor(readonly engine: EngineApi) {
    this.deletions = new Deletions(engine, this.notices, () => this.refresh());
    this.library = new Library(engine, this.notices, this.deletions);
    this.opening = new Opening(engine, this.library, this.notices);
    this.datasets = new Datasets(engine, this.notices, this.deletions);
    this.checks = new DataChecks(engine, this.library, this.datasets);
    this.setup = new Setup(engine, this.library, this.datasets, this.checks);
    this.runs = new Runs(engine, this.notices, this.deletions);
    this.study = new Study(this.runs);
    this.across = new Across(this.runs);
    this.comparison = new Comparison(this.runs, this.library);
    this.saving = new Saving(engine);
    this.lab = new Lab(engine);
    this.references = new References(this.lab);
    this.tryOut = new TryOut(this.lab);
    this.demo = new Demo(
      engine,
      this.library,
      this.datasets,
      this.setup,
      this.runs,
      this.route,
      this.tryOut,
    );
  }

  /** Whether something is under way that a reload would cut off. */
  get busy(): boolean {
    return (
      this.runs.running || this.demo.busy || this.saving.busy || this.opening.state.at === 'copying'
    );
  }

  /** Loads the recipe that lay on the table, or that of a shared link, and what the engine keeps. */
  async start(): Promise<void> {
    void sweepZips();
    await this.notices.attempt(async () => {
      [this.setup.methods, this.setup.localizers, this.datasets.presets] = await Promise.all([
        this.engine.methods(),
        this.engine.localizers(),
        this.engine.presets(),
      ]);
      const yaml = this.setup.loadYaml();
      const opened = Promise.all([this.#openTable(yaml), this.deletions.resume()]);
      this.#opened = opened.catch(() => undefined);
      // Watched before it is asked for: nothing changes unseen in between.
      const watching = this.engine.watch(() => this.#changed());
      await Promise.all([yaml, watching, opened.then(() => this.refresh())]);
    });
  }

  /** Tells why the engine is not there, or not there any more. */
  engineFailed(error: AppError): void {
    this.absence = error;
    this.notices.fail(error);
    this.lab.lose(error);
  }

  /** Goes on with the engine that is there; after another ended, `again`, from what is stored. */
  async engineBegan(again: boolean): Promise<void> {
    const { absence } = this;
    this.absence = null;
    // What kept the page from starting is over; that work was lost stays said.
    if (absence && !this.status) this.notices.retract(absence.message);
    if (!again) return;
    await this.start();
    await this.opening.again();
  }

  /** Many changes in a row are shown once, and those made meanwhile once more. */
  #changed(): void {
    this.#stale = true;
    this.#following ??= this.notices.attempt(async () => {
      await this.#opened;
      while (this.#stale) {
        this.#stale = false;
        await this.refresh();
      }
    });
    void this.#following.finally(() => (this.#following = null));
  }

  /** Shows what the engine keeps now: another tab may have changed it. */
  async refresh(): Promise<void> {
    await Promise.all([this.library.refresh(), this.datasets.refresh(), this.runs.refresh()]);
    await Promise.all([this.setup.follow(), this.refreshStatus()]);
  }

  /** Puts the recipe of the last visit on the table, and over it that of a shared link. */
  async #openTable(yaml: Promise<void>): Promise<void> {
    const draft = this.setup.byHand ? null : keptDraft();
    if (draft === null && !this.route.at.link) return;
    await yaml.catch(() => undefined);
    if (draft !== null) await this.setup.load(draft);
    await this.openLink();
  }

  /** Loads the recipe of the link in the address bar, once. */
  async openLink(): Promise<void> {
    const { link } = this.route.at;
    if (!link || link === this.#link) return;
    this.#link = link;
    const text = await decodeRecipeLink(link);
    if (text !== null) await this.setup.load(text);
  }

  /** Copies a link to a recipe; to the one on the table unless given. */
  async copyLink(recipe?: Recipe): Promise<void> {
    await this.notices.attempt(async () => {
      const text = recipe ? this.setup.format(recipe) : this.setup.text;
      const link = await encodeRecipeLink(text);
      await navigator.clipboard.writeText(new URL(link, location.href).href);
      this.notices.say('Link copied. It holds the recipe, no weights.');
    });
  }

  /** Puts a recipe on the table, and goes there. */
  async edit(recipe: Recipe): Promise<void> {
    await this.setup.change(recipe);
    this.route.go('merge');
  }

  /** Puts a result's recipe on the table for another task; masks that were found together are kept as they are. */
  async addTask({ recipe }: RunSummary, { localized }: RunResult): Promise<void> {
    const joint = this.setup.localizers.some(
      ({ id, needs }) => id === recipe.localize?.preset && needs === 'data of every task',
    );
    await this.edit(joint ? keepMasks(recipe, localized) : recipe);
    this.picking = true;
  }

  /** Makes a checkpoint of the library the base, and puts the merge of its fine-tunes on the table. */
  async chooseBase(id: string): Promise<void> {
    await this.library.setBase(id);
    await this.startOver();
  }

  /** The same, and goes there. */
  async mergeOnto(base: string): Promise<void> {
    await this.chooseBase(base);
    this.route.go('merge');
  }

  /** Puts the recipe that the library proposes on the table. */
  async startOver(): Promise<void> {
    this.route.keepLink('#/merge');
    await this.setup.startOver();
  }

  async refreshStatus(): Promise<void> {
    this.status = (await this.notices.attempt(() => this.engine.status())) ?? this.status;
  }

  /** Opens dropped or chosen files; recipes among them go to Merge, data without models to the library at once. */
  async takeFiles(files: readonly DroppedFile[]): Promise<void> {
    this.picking = false;
    if (this.demo.busy) {
      this.notices.say('Wait until the demo is done, then drop these again.');
      return;
    }
    const found = await this.opening.inspect(files);
    if (!found) return;
    const [recipe] = found.recipes;
    if (recipe) await this.setup.load(recipe.text);
    this.opening.nameData(this.setup.dataNames);
    const more = found.candidates.length > 0 || found.problems.length > 0;
    if (this.opening.state.at === 'idle' || !more) {
      const names = await this.datasets.add(this.opening.data);
      this.opening.close();
      if (names.length) this.notices.say(`Added to the library: ${formatList(names)}.`);
    }
    if (more) this.route.go('library');
    else if (recipe) this.route.go('merge');
    else if (this.route.at.place === 'results') this.route.go('library');
  }

  /** Stores the data among dropped files for a model, and opens what says how it reads them. */
  async takeFilesFor(model: string, files: readonly DroppedFile[]): Promise<void> {
    const { models, data } = sortDrop(files, this.setup.dataNames);
    if (!data.length || models.length) return this.takeFiles(files);
    const names = await this.datasets.add(data);
    if (names.length) this.draft = { model, given: names };
  }

  /** Runs the demo, in place of what may lie on the table. */
  async tryDemo(): Promise<void> {
    if (this.opening.state.at === 'copying') return;
    this.opening.close();
    await this.demo.start();
  }

  /** Copies what is on the table into the library, checkpoints not where they are used in place. */
  async add(inPlace = false): Promise<void> {
    await this.deletions.settle();
    const { opening } = this;
    opening.full = null;
    const names = await this.datasets.add(opening.data, (error) => (opening.full = error));
    // Without room for the data there is none for checkpoints: all waits on the table.
    if (opening.full) return;
    const withRecipe = (this.opening.found?.recipes.length ?? 0) > 0 && !this.setup.error;
    const { ids, whole } = await this.opening.add(inPlace);
    // A recipe dropped with its checkpoints names those it wants.
    await (withRecipe ? this.setup.follow() : this.setup.takeIn(ids));
    if (whole) this.notices.say('Added to the library.');
    else if (names.length) this.notices.say(`Added to the library: ${formatList(names)}.`);
  }
}

export const [useApp, provideApp] = createContext<App>();
