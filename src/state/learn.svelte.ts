import { type AppError, toAppError } from '../errors.ts';
import type { LabInfo, LabInput } from '../api/lab.ts';
import type { Progress } from '../api/progress.ts';
import type { App } from './app.svelte.ts';
import { Beforehand } from './beforehand.ts';
import { measuredDemo } from './measuredDemo.ts';
import { choice, type LinkPart, LessonState } from './lessonState.svelte.ts';
import { unlikeSlots } from '../ui/taskMarks.ts';
import { lessonHash } from './route.svelte.ts';

/** What lessons run on: the demo's pictures or texts, or the recipe on the table. */
export const sources = ['pictures', 'texts', 'own'] as const;
export type Source = (typeof sources)[number];

const demoOf = { pictures: 'vision', texts: 'text' } as const;

/** What stands between a lesson and its models; `empty` where the recipe on the table has no data. */
export type LearnStatus =
  | { at: 'loading'; progress: Progress | null }
  | { at: 'ready'; info: LabInfo }
  | { at: 'empty' }
  | { at: 'cancelled' }
  | { at: 'failed'; error: AppError };

/** How far bringing them in is; those that are `held` are the lab's matter. */
type Stage =
  { at: 'fetching' } | { at: 'held' } | Exclude<LearnStatus, { at: 'loading' | 'ready' }>;

/** Brings the models that a lesson's link asks for into the lab. */
export class Learn {
  /** Grows with each reset, so that lessons begin anew. */
  round = $state(0);
  /** Of opening: what an earlier one found is of no use. */
  #turn = 0;
  #stage = $state.raw<Stage>({ at: 'fetching' });
  /** Whose measurements made beforehand the lab has. */
  #foreseen = $state.raw<Source | null>(null);
  #foreseeing: { source: Source; done: Promise<void> } | null = null;
  readonly #moment: LessonState<{ on: LinkPart<Source> }>;
  readonly source: Source = $derived.by(() => this.#moment.values.on);
  readonly status: LearnStatus = $derived.by(() => this.#status());
  /** What a lesson can be shown with: its models, or before these are loaded what was measured of them. */
  readonly info: LabInfo | null = $derived.by(() => {
    const shown = this.#stage.at === 'held' || this.#foreseen === this.source;
    return shown ? this.app.lab.info : null;
  });

  constructor(readonly app: App) {
    this.#moment = new LessonState(app.route, { on: choice(sources, 'pictures') });
  }

  /** Link to a lesson as it begins, on these models. */
  link(lesson: number, source = this.source): string {
    return lessonHash(lesson, source === 'pictures' ? '' : `on=${source}`);
  }

  /** Has the lab tell what was measured of the models that the link asks for. */
  foresee(): Promise<void> {
    const { source } = this;
    if (this.#foreseeing?.source !== source)
      this.#foreseeing = { source, done: this.#foresee(source) };
    return this.#foreseeing.done;
  }

  async #foresee(source: Source): Promise<void> {
    const measured = source === 'own' ? null : await measuredDemo(demoOf[source]);
    if (!measured || source !== this.source) return;
    const { engine, lab } = this.app;
    await lab.foresee(new Beforehand(measured, engine.lab));
    this.#foreseen = source;
  }

  /** Loads what the link asks for, unless it is there. */
  async bringIn(): Promise<void> {
    const { source } = this;
    const turn = ++this.#turn;
    this.#stage = { at: 'fetching' };
    try {
      await this.foresee();
      if (turn !== this.#turn) return;
      const input = await this.#input(source);
      if (turn !== this.#turn) return;
      if (!input) {
        this.#stage = { at: source === 'own' ? 'empty' : 'cancelled' };
        return;
      }
      const { status } = this.app.lab;
      const held = status.at === 'ready' && JSON.stringify(status.input) === JSON.stringify(input);
      if (!held) await this.app.lab.open(input);
      if (turn === this.#turn) this.#stage = { at: 'held' };
    } catch (thrown) {
      if (turn === this.#turn) this.#stage = { at: 'failed', error: toAppError(thrown) };
    }
  }

  async cancel(): Promise<void> {
    const { demo, lab } = this.app;
    this.#turn++;
    this.#stage = { at: 'cancelled' };
    if (demo.state.at === 'loading') await demo.cancel();
    await lab.stopOpening();
  }

  /** Puts the lesson on screen back to where it began; what is loaded stays. */
  reset(): void {
    this.app.route.goTo(this.link(this.app.route.at.lesson));
    this.round++;
  }

  /** Colour and shape of each task: its fine-tune's, and for tasks without one those that are left. */
  slots({ tasks }: LabInfo): number[] {
    const own = this.app.library.slots(tasks.flatMap(({ id, general }) => (general ? [] : id)));
    return unlikeSlots(tasks.map((_, i) => own[i] ?? null));
  }

  #status(): LearnStatus {
    const { demo, lab } = this.app;
    if (this.#stage.at === 'fetching') {
      const { state } = demo.state.at === 'loading' ? demo : { state: lab.status };
      return { at: 'loading', progress: state.at === 'loading' ? state.progress : null };
    }
    if (this.#stage.at !== 'held') return this.#stage;
    return lab.status.at === 'idle' ? { at: 'cancelled' } : lab.status;
  }

  /** The models of the recipe on the table that have examples to score them on, or those of a demo; null without. */
  async #input(source: Source): Promise<LabInput | null> {
    if (source !== 'own') return this.app.demo.load(demoOf[source]);
    const { recipe } = this.app.setup;
    const models = recipe?.models.filter(({ data }) => data?.test) ?? [];
    return recipe && models.length ? { recipe: { ...recipe, models } } : null;
  }
}
