import { AppError, toAppError } from '../errors.ts';
import type { LabInfo, LabInput } from '../worker/lab/types.ts';
import type { Progress } from '../worker/types.ts';
import type { App } from './app.svelte.ts';
import { choice, type Field, LessonState } from './lessonState.svelte.ts';
import { lessonHash } from './route.svelte.ts';

/** What lessons run on: the demo's pictures or texts, or the recipe on the table. */
export const sources = ['pictures', 'texts', 'own'] as const;
export type Source = (typeof sources)[number];

/** What stands between a lesson and its models; `empty` where the recipe on the table has no data. */
export type LearnStatus =
  | { at: 'waiting' }
  | { at: 'loading'; progress: Progress | null }
  | { at: 'ready'; info: LabInfo }
  | { at: 'empty' }
  | { at: 'cancelled' }
  | { at: 'failed'; error: AppError };

/** Brings the models that a lesson's link asks for into the lab. */
export class Learn {
  /** Grows with each reset, so that lessons begin anew. */
  round = $state(0);
  #fetching = $state.raw<LearnStatus>({ at: 'waiting' });
  readonly #moment: LessonState<{ on: Field<Source> }>;
  readonly source: Source = $derived.by(() => this.#moment.values.on);
  readonly status: LearnStatus = $derived.by(() => this.#status());

  constructor(readonly app: App) {
    this.#moment = new LessonState(app.route, { on: choice(sources, 'pictures') });
  }

  /** Link to a lesson as it begins, on these models. */
  link(lesson: number, source = this.source): string {
    return lessonHash(lesson, source === 'pictures' ? '' : `on=${source}`);
  }

  /** Loads what the link asks for, unless it is there. */
  async open(): Promise<void> {
    const { lab } = this.app;
    const { source } = this;
    try {
      this.#fetching = { at: 'loading', progress: null };
      const input = source === 'own' ? this.#own() : await this.#demo(source);
      if (source !== this.source) return;
      this.#fetching = input ? { at: 'waiting' } : { at: source === 'own' ? 'empty' : 'cancelled' };
      const held = lab.status.at === 'ready' && JSON.stringify(lab.status.input);
      if (!input || held === JSON.stringify(input)) return;
      if (!(await lab.open(input)) && lab.status.at === 'idle')
        this.#fetching = { at: 'cancelled' };
    } catch (thrown) {
      this.#fetching = { at: 'failed', error: toAppError(thrown) };
    }
  }

  async cancel(): Promise<void> {
    await this.app.lab.close();
  }

  /** Puts the lesson on screen back to where it began; what is loaded stays. */
  reset(): void {
    this.app.lab.reset();
    this.app.route.goTo(this.link(this.app.route.at.lesson));
    this.round++;
  }

  #status(): LearnStatus {
    const { status } = this.app.lab;
    if (this.#fetching.at !== 'waiting' || status.at === 'idle') return this.#fetching;
    return status;
  }

  /** The models of the recipe on the table that have examples to score them on; null when none has. */
  #own(): LabInput | null {
    const { recipe } = this.app.setup;
    const models = recipe?.models.filter(({ data }) => data?.test) ?? [];
    return recipe && models.length ? { recipe: { ...recipe, models } } : null;
  }

  async #demo(source: Exclude<Source, 'own'>): Promise<LabInput | null> {
    throw new AppError('Unsupported', `The demo of ${source} is not there yet.`);
  }
}
