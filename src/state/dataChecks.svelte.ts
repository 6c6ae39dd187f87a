import { type AppError, toAppError } from '../errors.ts';
import { dataPaths, type Recipe, type TaskData } from '../recipe/recipe.ts';
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
    const asked = this.#question(recipe, model, data);
    return (asked && this.#answers.get(asked.question)) ?? null;
  }

  /** Starts the check unless it was made. */
  ask(recipe: Recipe, model: string, data: TaskData): void {
    const asked = this.#question(recipe, model, data);
    if (!asked || this.#answers.has(asked.question)) return;
    const { question, base, tuned } = asked;
    this.#put(question, null);
    this.engine.checkData(base, tuned, data, localizeOf(recipe)).then(
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
  #question(recipe: Recipe, model: string, data: TaskData) {
    const [base, tuned] = [recipe.base_model, model].map((name) => this.library.idOf(name));
    const stored = dataPaths(data).map((path) => this.datasets.find(path)?.id);
    if (!base || !tuned || !stored.length || stored.includes(undefined)) return null;
    const question = JSON.stringify([base, tuned, stored, data, localizeOf(recipe)]);
    return { question, base, tuned };
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
