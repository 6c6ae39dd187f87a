import { toAppError, type AppError } from '../errors.ts';
import type { LabInfo, LabInput, LabModel } from '../api/lab.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { best, type Answer } from './answer.ts';
import type { Lab } from './lab.svelte.ts';
import { previewOf, tunedTasks } from './labModels.ts';

/** Who is asked, in the order they are shown. */
export const askedModels = { base: 'Base', tuned: 'Fine-tuned', merged: 'Merged' } as const;
export type AskedModel = keyof typeof askedModels;

/** A test example and its class. */
export type TryExample = { label: number } & (
  { picture: ImageBitmap } | { text: string; text_b?: string }
);

/** Examples of a task, and what the models answer to them: by model, then by example; null where not yet known. */
export interface TryTask {
  at: number;
  examples: readonly TryExample[];
  answers: Readonly<Record<AskedModel, readonly (Answer | null)[]>>;
}

/** Examples of a task that are at hand. */
const mostExamples = 24;
/** Examples of a task on screen at once: fewer of many tasks, and more of texts, which take a line each. */
export const shownOf = (tasks: number, texts: boolean) => (tasks > 4 ? 1 : texts ? 3 : 2);

/** What the lab is to hold to try a recipe: its models whose test data have classes; null where none has. */
export function tryInput(recipe: Recipe): LabInput | null {
  const models = recipe.models.filter(
    ({ data }) => data?.test && (data.kind ?? 'labels') === 'labels',
  );
  return models.length > 0 ? { recipe: { ...recipe, models } } : null;
}

/** Holds the models of a recipe, and asks base, fine-tuned and merged model about test examples. */
export class TryOut {
  error = $state.raw<AppError | null>(null);
  tasks = $state.raw<readonly TryTask[]>([]);
  #input = $state.raw<LabInput | null>(null);
  #run = $state.raw<string | null>(null);
  readonly info: LabInfo | null = $derived.by(() => this.#held());
  /** The merged model, once there is one: what the run wrote, or the same made in memory. */
  readonly merged: LabModel | null = $derived.by(() => this.#merged());
  /** Of opening and asking: what an earlier one found is of no use. */
  #turn = 0;

  constructor(readonly lab: Lab) {}

  /** Brings in the models of a recipe unless they are held, and asks about the first examples; `run` has merged them. */
  async open(recipe: Recipe, run: string | null): Promise<void> {
    const input = tryInput(recipe);
    const again = JSON.stringify(input) === JSON.stringify(this.#input);
    // Lists that are read anew bring equal recipes.
    if (again && run === this.#run && this.info && this.tasks.length > 0 && !this.error) return;
    const turn = ++this.#turn;
    this.#input = input;
    this.#run = run;
    this.error = null;
    if (!again) this.tasks = [];
    if (!input) return;
    if (!this.info) await this.lab.open(input);
    if (turn !== this.#turn) return;
    const { status } = this.lab;
    if (status.at === 'failed') this.error = status.error;
    if (!this.info) return;
    try {
      const tasks = tunedTasks(this.info);
      if (!again || this.tasks.length === 0)
        this.tasks = await Promise.all(tasks.map((at) => this.#examplesOf(at)));
      const shown = this.#shown;
      for (let i = 0; i < shown; i++)
        for (const at of tasks) if (turn === this.#turn) await this.#ask(at, i);
    } catch (thrown) {
      if (turn === this.#turn) this.error = toAppError(thrown);
    }
  }

  /** Shows the next examples of a task. */
  async another(at: number): Promise<void> {
    const turn = this.#turn;
    const shown = this.#shown;
    this.#change(at, ({ examples, answers }) => ({
      at,
      examples: turned(examples, shown),
      answers: {
        base: turned(answers.base, shown),
        tuned: turned(answers.tuned, shown),
        merged: turned(answers.merged, shown),
      },
    }));
    try {
      for (let i = 0; i < shown; i++) if (turn === this.#turn) await this.#ask(at, i);
    } catch (thrown) {
      if (turn === this.#turn) this.error = toAppError(thrown);
    }
  }

  get #shown(): number {
    return shownOf(
      this.tasks.length,
      this.tasks.some(({ examples }) => examples.some((each) => 'text' in each)),
    );
  }

  #held(): LabInfo | null {
    const { status } = this.lab;
    const same =
      status.at === 'ready' && JSON.stringify(status.input) === JSON.stringify(this.#input);
    return same ? status.info : null;
  }

  #merged(): LabModel | null {
    if (this.#run !== null) return { kind: 'run', run: this.#run };
    return this.info && this.#input && previewOf(this.info, this.#input.recipe);
  }

  async #examplesOf(at: number): Promise<TryTask> {
    const images = this.info?.tasks[at]?.input === 'images';
    const { remote } = this.lab;
    const examples = images
      ? await remote.pictures(at, mostExamples)
      : await remote.texts(at, mostExamples);
    const none = examples.map(() => null);
    return { at, examples, answers: { base: none, tuned: none, merged: none } };
  }

  /** Asks every model about an example, by its place among those of the task. */
  async #ask(at: number, i: number): Promise<void> {
    const example = this.tasks.find((task) => task.at === at)?.examples[i];
    if (!example) return;
    const { merged } = this;
    const models: [AskedModel, LabModel][] = [
      ['base', { kind: 'base' }],
      ['tuned', { kind: 'tuned', task: at }],
      ...(merged ? [['merged', merged] satisfies [AskedModel, LabModel]] : []),
    ];
    const question = 'picture' in example ? example.picture : example;
    const shares = await this.lab.remote.answer(
      models.map(([, model]) => model),
      at,
      question,
    );
    this.#change(at, (task) => {
      const place = task.examples.indexOf(example);
      const answers = { ...task.answers };
      for (const [m, [who]] of models.entries())
        answers[who] = answers[who].with(place, best(shares[m] ?? []));
      return { ...task, answers };
    });
  }

  #change(at: number, change: (task: TryTask) => TryTask): void {
    this.tasks = this.tasks.map((task) => (task.at === at ? change(task) : task));
  }
}

/** A list that begins with its item `by`, and ends with those before. */
function turned<T>(list: readonly T[], by: number): T[] {
  return [...list.slice(by), ...list.slice(0, by)];
}
