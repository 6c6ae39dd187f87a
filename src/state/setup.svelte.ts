import type { AppError } from '../errors.ts';
import { badFile, bug, toAppError } from '../errors.ts';
import type { Preflight } from '../api/preflight.ts';
import type { MergekitForms } from '../recipe/mergekitForm.ts';
import { dataPaths, isMany, type Recipe, type RecipeModel, taskDataOf } from '../recipe/recipe.ts';
import type * as RecipeText from '../recipe/recipeText.ts';
import { expandSweep, type SweptRecipe } from '../recipe/sweep.ts';
import type { LocalizerInfo } from '../api/localizing.ts';
import type { EngineApi } from '../api/engine.ts';
import type { MethodInfo } from '../api/methods.ts';
import { formatList } from '../ui/format.ts';
import type { DataChecks } from './dataChecks.svelte.ts';
import type { Datasets } from './datasets.svelte.ts';
import { lanesOf } from './lanes.ts';
import type { Library } from './library.svelte.ts';
import { dropMasks, type FoundMask, keepMasks, localizeOf } from './localizeEdit.ts';
import { Newest } from './newest.ts';
import {
  checkpointNames,
  defaultMethod,
  editModels,
  includeModel,
  methodInfoOf,
  newRecipe,
} from './recipeEdit.ts';
import { type OnTable, RecipeHistory } from './recipeHistory.svelte.ts';

const typingMs = 350;

/** The recipe on the table, as controls and as YAML, and what it would do. */
export class Setup {
  methods = $state.raw<MethodInfo[]>([]);
  localizers = $state.raw<LocalizerInfo[]>([]);
  recipe = $state.raw<Recipe | null>(null);
  /** What reads and writes recipes as text; null until it has arrived. */
  #yaml = $state.raw<typeof RecipeText | null>(null);
  /** Text as it was typed or loaded; null where the recipe is shown as it is formatted. */
  #typed = $state<string | null>(null);
  /** Why `text` is no recipe; `recipe` is then the last one that was. */
  error = $state.raw<AppError | null>(null);
  preflight = $state.raw<Preflight | null>(null);
  preflightError = $state.raw<AppError | null>(null);
  #typing: ReturnType<typeof setTimeout> | undefined;
  #question = '';
  readonly #asked = new Newest();
  /** Masks of earlier runs that are asked for again, for when that is taken back. */
  dropped = $state.raw<readonly FoundMask[]>([]);
  /** Models taken out, as they were, for when they come back. */
  #left = new Map<string, RecipeModel>();
  /** Whether the recipe was made by hand, and so no longer follows the library. */
  byHand = $state(false);
  readonly history = new RecipeHistory();
  /** What lies on the table, but for text that is still being typed. */
  #settled: OnTable | null = null;

  readonly text = $derived(this.#typed ?? (this.recipe ? this.format(this.recipe) : ''));
  /** The recipes that it stands for; none where it is one. */
  readonly variants: SweptRecipe[] = $derived(
    this.recipe && isMany(this.recipe) ? expandSweep(this.recipe) : [],
  );
  readonly method = $derived(this.recipe && methodInfoOf(this.recipe, this.methods));
  readonly lanes = $derived.by(() => (this.recipe ? lanesOf(this.recipe, this.library) : []));
  readonly absent = $derived(
    [...new Set(this.recipe ? checkpointNames(this.recipe) : [])].filter(
      (name) => name && this.library.idOf(name) === null,
    ),
  );

  readonly localizer = $derived(
    this.localizers.find(({ id }) => this.recipe && id === localizeOf(this.recipe).preset) ?? null,
  );
  /** Paths of data that the recipe names. */
  readonly dataNames = $derived(this.recipe ? taskDataOf(this.recipe).flatMap(dataPaths) : []);
  readonly absentData = $derived(this.dataNames.filter((name) => !this.datasets.find(name)));
  /** What the recipe names and the library has not, as sentences; empty where all is there. */
  readonly lacking = $derived(
    [
      this.absent.length ? `Not in the library: ${formatList(this.absent)}.` : '',
      this.absentData.length ? `Data not in the library: ${formatList(this.absentData)}.` : '',
    ]
      .filter(Boolean)
      .join(' '),
  );
  /** Why models cannot use their data. */
  readonly dataProblems = $derived.by(() => (this.recipe ? this.checks.problems(this.recipe) : []));

  constructor(
    readonly engine: EngineApi,
    readonly library: Library,
    readonly datasets: Datasets,
    readonly checks: DataChecks,
  ) {}

  /** Loads what reads and writes recipes as text; what was typed before it came is read then. */
  async loadYaml(): Promise<void> {
    try {
      this.#yaml = await import('../recipe/recipeText.ts');
    } catch (cause) {
      const message =
        'Recipes cannot be read as text: a script did not arrive. Check the connection, then reload.';
      throw badFile(message, cause);
    }
    if (this.#typed !== null) await this.load(this.#typed);
  }

  /** A recipe from its text, once `loadYaml` is done. Throws BadFile, which names lines and fields. */
  parse(text: string): Recipe {
    if (!this.#yaml) throw bug('What reads recipes has not arrived.');
    const forms = this.methods.flatMap(({ id, mergekit }) => (mergekit ? [[id, mergekit]] : []));
    return this.#yaml.parseRecipe(
      text,
      this.methods.map(({ id }) => id),
      this.localizers.map(({ id }) => id),
      Object.fromEntries(forms) as MergekitForms,
    );
  }

  /** Whether the method of a recipe finds masks. */
  learnsMasks(recipe: Recipe): boolean {
    return methodInfoOf(recipe, this.methods)?.learnsMasks === true;
  }

  /** A recipe as text; empty until `loadYaml` is done. */
  format(recipe: Recipe): string {
    return this.#yaml?.formatRecipe(recipe) ?? '';
  }

  /** Follows the library: a recipe nobody touched takes in every checkpoint that fits. */
  follow(): Promise<void> {
    return this.byHand ? this.#check() : this.startOver();
  }

  /** A new recipe: the library's base, every checkpoint that fits it, the method proposed. */
  async startOver(): Promise<void> {
    const given = this.byHand;
    this.byHand = false;
    this.dropped = [];
    const { base, fineTuned } = this.library;
    const method = defaultMethod(this.methods);
    if (!base || !method) return this.#clear(given);
    const ids = fineTuned.map(({ id }) => id);
    const { models } = await this.engine.preflight(base.id, ids);
    // What was typed or chosen meanwhile stays.
    if (this.byHand) return;
    const fitting = fineTuned.filter((_, i) => models[i]?.refusal === null);
    const references = fitting.map((checkpoint) => this.library.reference(checkpoint));
    const proposed = newRecipe(method.id, this.library.reference(base), references);
    if (given) this.#keep(proposed);
    await this.#show(proposed);
  }

  /** Takes checkpoints just added into the recipe; a new base begins a new one. */
  async takeIn(ids: readonly string[]): Promise<void> {
    const { recipe, library } = this;
    if (!ids.length) return;
    if (!this.byHand || !recipe || library.find(recipe.base_model)?.id !== library.baseId)
      return this.startOver();
    const now = ids.map((id) => library.find(id)?.id);
    const added = this.lanes.filter(({ checkpoint }) => checkpoint && now.includes(checkpoint.id));
    const order = this.lanes.map(({ reference }) => reference);
    const next = added.reduce(
      (so, { reference, included }) => (included ? so : includeModel(so, reference, true, order)),
      recipe,
    );
    this.#keep(next);
    await this.#show(next);
  }

  /** Goes with a checkpoint that was given another name. */
  async rename(from: string, to: string): Promise<void> {
    const { recipe } = this;
    if (!recipe || this.error) return;
    const name = (reference: string) => (reference === from ? to : reference);
    const renamed = (each: Recipe) => ({
      ...editModels(each, (entry) => ({ ...entry, model: name(entry.model) })),
      base_model: name(each.base_model),
    });
    this.history.edit(renamed);
    await this.#show(renamed(recipe));
  }

  /** Takes a change made with the controls. */
  async change(recipe: Recipe): Promise<void> {
    this.byHand = true;
    this.#keep(recipe);
    await this.#show(recipe);
  }

  /** Puts back what lay on the table before the last change, or before text that is no recipe. */
  async undo(): Promise<void> {
    const before = this.error ? this.#settled : this.history.back();
    if (!before) return;
    this.byHand = before.byHand;
    this.dropped = [];
    await this.#show(before.recipe, before.typed);
  }

  /** Asks for every mask again, or takes back those of earlier runs. */
  async findAgain(again: boolean): Promise<void> {
    const { recipe, dropped } = this;
    if (!recipe) return;
    const kept = recipe.models.flatMap(({ model, mask }) => (mask ? { model, mask } : []));
    this.dropped = again ? kept : [];
    await this.change(again ? dropMasks(recipe) : keepMasks(recipe, dropped));
  }

  /** Takes a model in or out; what it had of its own comes back with it. */
  async include(reference: string, included: boolean): Promise<void> {
    const { recipe } = this;
    if (!recipe) return;
    const entry = recipe.models.find(({ model }) => model === reference);
    if (entry) this.#left.set(reference, entry);
    const order = this.lanes.map((lane) => lane.reference);
    const back = this.#left.get(reference);
    await this.change(includeModel(recipe, reference, included, order, back));
  }

  /** Takes text from the editor, and parses it once the typing rests. */
  type(text: string): void {
    this.byHand = true;
    this.#typed = text;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => void this.load(text), typingMs);
  }

  /** Parses what was just typed; whether the recipe is what the text says. */
  async settle(): Promise<boolean> {
    if (this.#typed === null) return true;
    const read = this.#yaml !== null && this.#typing === undefined;
    return read ? !this.error : this.load(this.#typed);
  }

  /** Takes a recipe as text, which stays as it is written; true when it is valid. */
  async load(text: string): Promise<boolean> {
    this.#endTyping();
    this.byHand = true;
    this.dropped = [];
    this.#typed = text;
    if (!this.#yaml) return false;
    let recipe: Recipe;
    try {
      recipe = this.parse(text);
    } catch (thrown) {
      this.error = toAppError(thrown);
      return false;
    }
    this.#keep(recipe);
    await this.#show(recipe, text);
    return true;
  }

  /** Gives up text that is no recipe, for the last one that was. */
  async restore(): Promise<void> {
    if (this.recipe) await this.#show(this.recipe);
    else await this.follow();
  }

  #endTyping(): void {
    clearTimeout(this.#typing);
    this.#typing = undefined;
  }

  #keep(next: Recipe | null): void {
    if (this.#settled) this.history.keep(this.#settled, next);
  }

  /** Leaves the table empty. */
  async #clear(undoable: boolean): Promise<void> {
    if (undoable) this.#keep(null);
    this.#endTyping();
    this.recipe = this.#typed = this.error = this.#settled = null;
    await this.#check();
  }

  async #show(recipe: Recipe, typed: string | null = null): Promise<void> {
    this.#endTyping();
    this.recipe = recipe;
    this.#typed = typed;
    this.error = null;
    this.#settled = { recipe, typed, byHand: this.byHand };
    await this.#check();
  }

  /** Asks how the recipe's checkpoints fit, when one of them or what is made of them is another than before. */
  async #check(): Promise<void> {
    const { recipe } = this;
    const base = recipe && this.library.idOf(recipe.base_model);
    const models = recipe?.models.map(({ model }) => this.library.idOf(model)) ?? [];
    const ids = models.filter((id) => id !== null);
    const question = JSON.stringify([
      base,
      models,
      recipe?.models.map(({ data, mask }) => [data?.train, mask]),
      ...[recipe?.scope, recipe?.rows, recipe?.out_dtype, recipe?.merge_method],
      recipe?.compat && recipe,
    ]);
    if (question === this.#question) return;
    this.#question = question;
    this.preflightError = null;
    if (!recipe || !base || !ids.length || ids.length < models.length) {
      this.#asked.drop();
      this.preflight = null;
      return;
    }
    await this.#asked.ask(
      () => this.engine.preflight(base, ids, recipe),
      (preflight) => (this.preflight = preflight),
      (error) => {
        this.preflight = null;
        this.preflightError = error;
      },
    );
  }
}
