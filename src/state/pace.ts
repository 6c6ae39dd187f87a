import type { RunPace, RunSummary } from '../api/results.ts';
import type { LocalizeLive, LocalizerInfo } from '../api/localizing.ts';
import type { MethodInfo } from '../api/methods.ts';
import type { Progress } from '../api/progress.ts';
import type { EngineStatus } from '../api/status.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { localizeOf, withTest } from './localizeEdit.ts';
import { methodInfoOf } from './recipeEdit.ts';

/** A run before it starts, as far as its time goes. */
export interface PlannedRun {
  recipe: Recipe;
  method: MethodInfo;
  localizer: LocalizerInfo | null;
  /** Weights that it may touch. */
  scope: number;
  /** Models whose masks are still to be found with data. */
  toFind: number;
}

/** Seconds of the parts of a run, null where nothing like it was measured on this machine. */
export interface RunSeconds {
  find: number | null;
  merge: number | null;
  evaluate: number | null;
}

/** What is known before anything was measured. */
export const unmeasured: RunSeconds = { find: null, merge: null, evaluate: null };

/** A run that has ended. */
type Ended = RunSummary & { pace: RunPace };

/** Beyond this ratio of their sizes one run tells nothing of another. */
const mostApart = 10;

/** What a run adapter is called where the engine stands as it does. */
export const adapterOf = ({ kind, adapter }: Pick<EngineStatus, 'kind' | 'adapter'>) =>
  kind === 'cpu' ? `CPU: ${adapter}` : adapter;

/** How long a run will take, by the runs that ended on the same adapter, the newest first. */
export function estimateSeconds(
  run: PlannedRun,
  past: readonly RunSummary[],
  adapter: string,
  methods: readonly MethodInfo[],
): RunSeconds {
  const ended = past.filter(
    (each): each is Ended => each.pace !== undefined && each.pace.adapter === adapter,
  );
  return {
    find: run.toFind === 0 ? 0 : findSeconds(run, ended),
    merge: mergeSeconds(run, ended, methods),
    evaluate: evaluateSeconds(run, ended),
  };
}

/** All of them; null where one is not known. */
export function totalSeconds({ find, merge, evaluate }: RunSeconds): number | null {
  return find === null || merge === null || evaluate === null ? null : find + merge + evaluate;
}

/** By the same method, else by one of its group, in proportion to the weights that are read. */
function mergeSeconds(
  { recipe, method, scope }: PlannedRun,
  ended: readonly Ended[],
  methods: readonly MethodInfo[],
): number | null {
  const work = scope * (recipe.models.length + 1);
  const workOf = ({ recipe, pace }: Ended) => pace.parameters.scope * (recipe.models.length + 1);
  const near = ended.filter((each) => alike(workOf(each), work));
  const found =
    near.find(({ recipe }) => recipe.merge_method === method.id) ??
    near.find(({ recipe }) => {
      const other = methodInfoOf(recipe, methods);
      return !method.needs && !other?.needs && other?.group === method.group;
    });
  if (!found) return null;
  const { seconds, searches } = found.pace;
  const searched = searches.length ? seconds.localize : 0;
  return ((seconds.localize - searched + seconds.merge) * work) / workOf(found);
}

/** By searches of the same localizer, in proportion to weights, epochs and examples; a joint one is one for all. */
function findSeconds(
  { recipe, localizer, scope, toFind }: PlannedRun,
  ended: readonly Ended[],
): number | null {
  const work = scope * exampleEpochs(recipe, localizer);
  for (const each of ended) {
    const own = each.pace.searches.filter(({ preset }) => preset === localizer?.id);
    const workThen = each.pace.parameters.scope * exampleEpochs(each.recipe, localizer);
    if (own.length === 0 || !alike(workThen, work)) continue;
    const slowest = Math.max(...own.map(({ seconds }) => seconds));
    const sum = own.reduce((seconds, search) => seconds + search.seconds, 0);
    const joint = localizer?.needs === 'data of every task';
    const one = joint ? slowest / own.length : sum / own.length;
    return (one * toFind * work) / workThen;
  }
  return null;
}

/** Epochs times examples of a class; all there are count as many. */
function exampleEpochs(recipe: Recipe, localizer: LocalizerInfo | null): number {
  const { shots, epochs = localizer?.defaults?.epochs ?? 1 } = localizeOf(recipe);
  return epochs * (shots === 'all' ? 256 : shots);
}

/** By what scoring a model on a task took. */
function evaluateSeconds({ recipe, method, scope }: PlannedRun, ended: readonly Ended[]) {
  const tasks = recipe.evaluate?.length ? withTest(recipe).length : 0;
  if (tasks === 0) return 0;
  const near = ended.find(
    ({ pace }) => pace.scored > 0 && alike(pace.parameters.scope, scope),
  )?.pace;
  return near ? (near.seconds.evaluate / near.scored) * tasks * (method.learnsMasks ? 4 : 3) : null;
}

const alike = (a: number, b: number) => a > 0 && b > 0 && Math.max(a / b, b / a) <= mostApart;

/** What is left of a run: of all of it, or of the step at work where the rest was never measured. */
export interface TimeLeft {
  seconds: number;
  of: 'run' | 'step';
}

/** How long a run at work will still take: its step as it goes, and what comes after as planned; null until it can be told. */
export function timeLeft(
  progress: Progress,
  planned: RunSeconds,
  toFind: readonly string[],
): TimeLeft | null {
  const { live, stage, secondsLeft } = progress;
  if (secondsLeft === null) return null;
  const evaluating = stage === 'Evaluating';
  const after = live ? [planned.merge, planned.evaluate] : evaluating ? [] : [planned.evaluate];
  const known = after.filter((seconds) => seconds !== null);
  if (known.length < after.length) return { seconds: secondsLeft, of: 'step' };
  const later = known.reduce((sum, seconds) => sum + seconds, 0);
  const searches = live ? searchesAfter(live, toFind) * live.secondsPerStep * live.steps : 0;
  return { seconds: secondsLeft + searches + later, of: 'run' };
}

/** Searches that wait while one is at work. */
function searchesAfter({ models }: LocalizeLive, toFind: readonly string[]): number {
  const at = toFind.indexOf(models.at(-1) ?? '');
  return models.length > 1 || at < 0 ? 0 : toFind.length - at - 1;
}
