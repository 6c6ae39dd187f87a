import { AppError } from '../errors.ts';
import type { LiveState, SnapshotStore } from '../localize/contract.ts';
import type { Localizer } from '../localize/localizer.ts';
import { localizerOf } from '../localize/localizers/registry.ts';
import type { LocalizeSettings } from '../recipe/recipe.ts';
import { useCheckpoints } from '../storage/checkpoints.ts';
import { createReader } from '../storage/reader.ts';
import { liveOf } from '../runs/localizing/live.ts';
import type { JobControl } from '../jobs/jobs.ts';
import { thin } from '../runs/localizing/live.ts';
import { searchSettings } from '../runs/localizing/searchPlan.ts';
import { memoryBudget } from '../jobs/memoryBudget.ts';
import { completeTask } from '../tasks/preparedTask.ts';
import type { LocalizeLive } from '../api/localizing.ts';
import { loadShots } from './loadTasks.ts';
import type { OpenLab } from './openLab.ts';
import type { LabFindOptions, LabFound } from '../api/lab.ts';

/** Finds the rankings of these tasks, one after another or jointly, and keeps them in the lab. */
export async function search(
  lab: OpenLab,
  by: string,
  numbers: readonly number[],
  options: LabFindOptions,
  control: JobControl,
  onLive: (live: LocalizeLive) => void,
): Promise<LabFound> {
  const localizer = searchable(by);
  checkTasks(lab, numbers, options);
  const started = performance.now();
  const joint = localizer.form.kind === 'rank' && localizer.form.joint;
  const groups = joint ? [numbers] : numbers.map((task) => [task]);
  const losses: number[] = [];
  let steps = 0;
  for (const group of groups) {
    const found = await searchGroup(lab, localizer, by, group, options, control, onLive);
    losses.push(...found.losses);
    steps += found.steps;
  }
  const seconds = (performance.now() - started) / 1000;
  const { density } = options;
  return { localizer: by, tasks: [...numbers], density, seconds, steps, losses: thin(losses) };
}

async function searchGroup(
  lab: OpenLab,
  localizer: Localizer,
  by: string,
  group: readonly number[],
  { density, shots, epochs, seed }: LabFindOptions,
  control: JobControl,
  onLive: (live: LocalizeLive) => void,
) {
  const names = group.map((task) => lab.tasks[task]!.name);
  const ids = lab.checkpoints.map(({ id }) => id);
  const settings: LocalizeSettings = { preset: by, budget: 'exact', shots, seed };
  const images = lab.tasks[group[0]!]!.side !== null;
  const [base, ...tuned] = lab.checkpoints.map(createReader);
  const tensors = await lab.shareTensors();
  const { localize } = await import('../localize/localize.ts');
  let last: LiveState | null = null;
  const tell = () => last && onLive(liveOf(names, last, control.paused));
  control.onPause = tell;
  try {
    return await useCheckpoints(ids, async () => {
      const masks = [];
      for (const task of group) {
        const prepared = await loadShots(lab.tasks[task]!, shots, seed);
        const complete = await completeTask(prepared, tensors, control.signal);
        masks.push({ task: complete, tuned: tuned[task]!, density });
      }
      const found = await localize(
        {
          ...{ localizer, masks, base: base!, budget: settings.budget, keepScores: true },
          scope: lab.weights.ranges.map(({ tensor, planned }) => ({
            base: tensor,
            tuned: group.map((task) => planned.models[task]!),
          })),
          settings: searchSettings(localizer, { ...settings, ...(epochs && { epochs }) }, images),
        },
        {
          ...{ tensors, budgetBytes: await memoryBudget(tensors), snapshots: noSnapshots },
          ...{ snapshotEveryMs: Infinity, signal: control.signal },
          resumed: () => control.resumed(),
          onProgress(state) {
            last = state;
            tell();
          },
        },
      );
      await lab.turns.take(0, async () => {
        if (control.signal.aborted) throw new AppError('Cancelled', 'Cancelled.');
        for (const [i, task] of group.entries())
          await keep(lab, by, task, found.scores?.[i] ?? new Float32Array(lab.weights.size));
      });
      return found;
    });
  } finally {
    control.onPause = null;
    tensors.close();
  }
}

/** Puts a ranking in the place of an earlier one, and forgets what was made with that. */
async function keep(
  { weights, masks, shelf, known }: OpenLab,
  by: string,
  task: number,
  scores: Float32Array<ArrayBuffer>,
): Promise<void> {
  masks.keep(by, task, await weights.compute.adopt(new Uint32Array(scores.buffer)));
  shelf.forget(by);
  for (const key of known.keys()) if (key.includes(`"${by}"`)) known.delete(key);
}

function searchable(by: string): Localizer {
  const localizer = localizerOf(by);
  if (!localizer)
    throw new AppError('Incompatible', `There is no localizer “${by}”. Choose another.`);
  if (localizer.defaults) return localizer;
  throw new AppError(
    'Incompatible',
    `“${localizer.label}” needs no search: its masks can be used as they are.`,
  );
}

function checkTasks(
  { tasks, models }: OpenLab,
  numbers: readonly number[],
  { density }: LabFindOptions,
): void {
  const odd = numbers.find((task) => !(task >= 0 && task < models));
  if (odd !== undefined || numbers.length === 0)
    throw new AppError(
      'Incompatible',
      `“${tasks[odd ?? -1]?.name ?? 'No task'}” has no fine-tune whose mask could be found. Choose a task that has one.`,
    );
  if (!(density > 0 && density <= 1))
    throw new AppError('Incompatible', `A density of ${density} was asked for. Give 0 to 1.`);
}

/** A search in the lab is not resumed. */
const noSnapshots: SnapshotStore = {
  read: async () => null,
  part: () => Promise.reject(new AppError('Bug', 'A search in the lab has no snapshots.')),
  put: async () => undefined,
  commit: async () => undefined,
};
