import { type AppError, toAppError } from '../errors.ts';
import type { Preflight } from '../merge/preflightReport.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { CheckpointSummary, MethodInfo, WorkerApi } from '../worker/types.ts';
import type { Library } from './library.svelte.ts';
import { defaultMethod, newRecipe } from './recipeEdit.ts';

/** One row of the merge view: a fine-tuned checkpoint, or a name in the recipe that the library lacks. */
export interface Lane {
  reference: string;
  checkpoint: CheckpointSummary | null;
  slot: number;
  included: boolean;
}

const typingMs = 350;

/** The recipe on the table, as controls and as YAML, and what it would do. */
export class Setup {
  methods = $state.raw<MethodInfo[]>([]);
  recipe = $state.raw<Recipe | null>(null);
  text = $state('');
  /** Why `text` is no recipe; `recipe` is then the last one that was. */
  error = $state.raw<AppError | null>(null);
  preflight = $state.raw<Preflight | null>(null);
  preflightError = $state.raw<AppError | null>(null);
  #typing: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;
  /** Whether the recipe was made by hand, and so no longer follows the library. */
  byHand = $state(false);

  readonly method = $derived(
    this.methods.find(({ id }) => id === this.recipe?.merge_method) ?? null,
  );
  readonly lanes = $derived(this.#lanes());
  readonly absent = $derived(
    [
      this.recipe?.base_model ?? '',
      ...(this.recipe?.models.map(({ model }) => model) ?? []),
    ].filter((name) => name && !this.library.find(name)),
  );

  constructor(
    readonly engine: WorkerApi,
    readonly library: Library,
  ) {}

  /** Follows the library: a recipe nobody touched takes in every checkpoint that fits. */
  async follow(): Promise<void> {
    const { base } = this.library;
    const method = defaultMethod(this.methods);
    if (!base || !method) return;
    if (this.byHand) return this.#check();
    const reference = this.library.reference(base);
    const models = this.library.fineTuned
      .filter(({ architecture }) => architecture?.id === base.architecture?.id)
      .map((checkpoint) => this.library.reference(checkpoint));
    await this.#show(newRecipe(method.id, reference, models));
  }

  /** Takes a change made with the controls. */
  async change(recipe: Recipe): Promise<void> {
    this.byHand = true;
    await this.#show(recipe);
  }

  /** Takes text from the editor, and parses it once the typing rests. */
  type(text: string): void {
    this.byHand = true;
    this.text = text;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => void this.load(text), typingMs);
  }

  /** Takes a recipe as text, which stays as it is written; true when it is valid. */
  async load(text: string): Promise<boolean> {
    clearTimeout(this.#typing);
    this.byHand = true;
    this.text = text;
    try {
      const recipe = await this.engine.parseRecipe(text);
      if (this.text !== text) return false;
      this.recipe = recipe;
      this.error = null;
      await this.#check();
      return true;
    } catch (thrown) {
      if (this.text === text) this.error = toAppError(thrown);
      return false;
    }
  }

  /** Gives up text that is no recipe, for the last one that was. */
  async restore(): Promise<void> {
    if (this.recipe) await this.#show(this.recipe);
    else await this.follow();
  }

  async #show(recipe: Recipe): Promise<void> {
    clearTimeout(this.#typing);
    this.recipe = recipe;
    this.error = null;
    const text = await this.engine.formatRecipe(recipe);
    if (this.recipe === recipe) this.text = text;
    await this.#check();
  }

  async #check(): Promise<void> {
    const asked = ++this.#asked;
    const { recipe } = this;
    const base = recipe && this.library.find(recipe.base_model)?.id;
    const models = recipe?.models.map(({ model }) => this.library.find(model)?.id) ?? [];
    const ids = models.filter((id) => id !== undefined);
    this.preflightError = null;
    if (!recipe || !base || !ids.length || ids.length < models.length) {
      this.preflight = null;
      return;
    }
    try {
      const preflight = await this.engine.preflight(base, ids, recipe);
      if (asked === this.#asked) this.preflight = preflight;
    } catch (thrown) {
      if (asked !== this.#asked) return;
      this.preflight = null;
      this.preflightError = toAppError(thrown);
    }
  }

  #lanes(): Lane[] {
    const { recipe, library } = this;
    if (!recipe) return [];
    const base = library.find(recipe.base_model);
    const references = new Map(recipe.models.map(({ model }) => [library.find(model)?.id, model]));
    const known = library.checkpoints
      .filter(({ id }) => id !== base?.id)
      .map((checkpoint, i) => ({
        reference: references.get(checkpoint.id) ?? library.reference(checkpoint),
        checkpoint,
        slot: library.slot(checkpoint.id) ?? i,
        included: references.has(checkpoint.id),
      }));
    const unknown = recipe.models
      .filter(({ model }) => !library.find(model))
      .map(({ model }, i) => ({
        reference: model,
        checkpoint: null,
        slot: known.length + i,
        included: true,
      }));
    return [...known, ...unknown];
  }
}
