import { type AppError, toAppError } from '../errors.ts';
import type { Recipe, TaskData } from '../recipe/recipe.ts';
import type { DataCheck } from '../api/tasks.ts';
import type { EngineApi } from '../api/engine.ts';
import type { Datasets } from './datasets.svelte.ts';
import type { Library } from './library.svelte.ts';
import { localizeOf } from './localizeEdit.ts';

/** What a check came to; null while it is under way. */
export type Checked = DataCheck | AppError | null;

const kept = 64;

/** What each model of the recipe would do with its data, asked once per question. */
export class DataChecks {
  #answers = $state.raw<ReadonlyMap<string, Checked>>(new Map());

  constructor(
    readonly engine: EngineApi,
    readonly library: Library,
    readonly datasets: Datasets,
  ) {}

  /** The check of a model's data; call `ask` in an effect to start it. */
  of(recipe: Recipe, model: string, data: TaskData): Checked {
    const question = this.#question(recipe, model, data);
    return question === null ? null : (this.#answers.get(question) ?? null);
  }

  /** Starts the check unless it was made. */
  ask(recipe: Recipe, model: string, data: TaskData): void {
    const question = this.#question(recipe, model, data);
    const base = this.library.find(recipe.base_model);
    const tuned = this.library.find(model);
    if (question === null || !base || !tuned || this.#answers.has(question)) return;
    this.#put(question, null);
    this.engine.checkData(base.id, tuned.id, data, localizeOf(recipe)).then(
      (check) => this.#put(question, check),
      (thrown: unknown) => this.#put(question, toAppError(thrown)),
    );
  }

  /** Why models of the recipe cannot use their data, as far as it is known. */
  problems(recipe: Recipe): string[] {
    return recipe.models.flatMap(({ model, data }) => {
      const check = data && this.of(recipe, model, data);
      const problem = check && whyUnusable(check);
      return problem ? `${model}: ${problem}` : [];
    });
  }

  /** Null where a check cannot be asked: a checkpoint or data are not in the library. */
  #question(recipe: Recipe, model: string, data: TaskData): string | null {
    const [base, tuned] = [this.library.find(recipe.base_model), this.library.find(model)];
    const names = [data.train, data.test, data.head].filter((name) => name !== undefined);
    const stored = names.map((name) => this.datasets.find(name)?.id);
    if (!base || !tuned || !names.length || stored.includes(undefined)) return null;
    return JSON.stringify([base.id, tuned.id, stored, data, localizeOf(recipe)]);
  }

  #put(question: string, answer: Checked): void {
    const answers = new Map(this.#answers).set(question, answer);
    const [oldest] = answers.keys();
    if (answers.size > kept && oldest !== undefined) answers.delete(oldest);
    this.#answers = answers;
  }
}

/** Why data cannot be used as a check tells; null when they can. */
export function whyUnusable(checked: DataCheck | AppError): string | null {
  return 'problem' in checked ? checked.problem : checked.message;
}
