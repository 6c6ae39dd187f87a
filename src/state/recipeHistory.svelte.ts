import { canonicalJson } from '../canonicalJson.ts';
import type { Recipe } from '../recipe/recipe.ts';

/** What lay on the table at one time. */
export interface OnTable {
  recipe: Recipe;
  /** Its text where that was typed or loaded, and not formatted. */
  typed: string | null;
  byHand: boolean;
}

const mostKept = 100;
const sweepMs = 1000;

/** The recipes that lay on the table before, to go back to; those that a slider swept through are one. */
export class RecipeHistory {
  #past = $state.raw<readonly OnTable[]>([]);
  #sweptAt = -Infinity;
  readonly some = $derived(this.#past.length > 0);

  /** Keeps what another recipe, or none, takes the place of. */
  keep(before: OnTable, next: Recipe | null, now = performance.now()): void {
    if (next && canonicalJson(before.recipe) === canonicalJson(next)) return;
    const swept = next !== null && differInNumbersAlone(before.recipe, next);
    const sweeping = swept && this.#past.length > 0 && now - this.#sweptAt < sweepMs;
    this.#sweptAt = swept ? now : -Infinity;
    if (!sweeping) this.#past = [...this.#past, before].slice(-mostKept);
  }

  /** Takes off the last; null where there is none. */
  back(): OnTable | null {
    const last = this.#past.at(-1) ?? null;
    this.#past = this.#past.slice(0, -1);
    this.#sweptAt = -Infinity;
    return last;
  }

  /** Edits each of them. */
  edit(change: (recipe: Recipe) => Recipe): void {
    this.#past = this.#past.map((each) => ({ ...each, recipe: change(each.recipe), typed: null }));
  }
}

function differInNumbersAlone(a: Recipe, b: Recipe): boolean {
  const rest = ({ parameters: _, models, ...recipe }: Recipe) => ({
    ...recipe,
    models: models.map(({ parameters: _own, ...model }) => model),
  });
  return canonicalJson(rest(a)) === canonicalJson(rest(b));
}
