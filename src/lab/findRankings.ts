import type { LabFindOptions, LabFound } from '../api/lab.ts';
import type { LocalizeLive } from '../api/localizing.ts';
import { incompatible, throwIfCancelled } from '../errors.ts';
import type { JobControl } from '../jobs/jobs.ts';
import type { Localized } from '../localize/contract.ts';
import type { Localizer } from '../localize/localizer.ts';
import { localizerOf } from '../localize/localizers/registry.ts';
import { thin, withLive, type TellLive } from '../runs/localizing/live.ts';
import { searchMasks, type SearchedModel } from '../runs/localizing/searchMasks.ts';
import { searchSettings } from '../runs/localizing/searchPlan.ts';
import { useStanding } from '../library/adapters.ts';
import { createReader } from '../storage/reader.ts';
import { loadShots } from './loadTasks.ts';
import type { OpenLab } from './openLab.ts';

/** Finds the rankings of these tasks, one after another or jointly, and keeps them in the lab. */
export async function findRankings(
  lab: OpenLab,
  by: string,
  numbers: readonly number[],
  options: LabFindOptions,
  control: JobControl,
  onLive: (live: LocalizeLive) => void,
): Promise<LabFound> {
  const localizer = localizerBy(by);
  checkTuned(lab, numbers, options);
  const started = performance.now();
  const joint = localizer.form.kind === 'rank' && localizer.form.joint;
  const groups = joint ? [numbers] : numbers.map((task) => [task]);
  const losses: number[] = [];
  let steps = 0;
  await withLive(control, onLive, async (tell) => {
    for (const group of groups) {
      const found = await findGroup(lab, localizer, group, options, control, tell);
      await lab.turns.take(0, async () => {
        throwIfCancelled(control.signal);
        for (const [i, task] of group.entries())
          await keep(lab, by, task, found.scores?.[i] ?? new Float32Array(lab.weights.size));
      });
      losses.push(...found.losses);
      steps += found.steps;
    }
  });
  const seconds = (performance.now() - started) / 1000;
  const { density } = options;
  return { localizer: by, tasks: [...numbers], density, seconds, steps, losses: thin(losses) };
}

async function findGroup(
  lab: OpenLab,
  localizer: Localizer,
  group: readonly number[],
  { density, shots, epochs, seed }: LabFindOptions,
  control: JobControl,
  tell: TellLive,
): Promise<Localized> {
  const ids = lab.checkpoints.map(({ id }) => id);
  const images = lab.tasks[group[0]!]!.side !== null;
  const given = { ...(epochs && { epochs }), seed };
  const [base, ...tuned] = lab.checkpoints.map(createReader);
  const tensors = await lab.shareTensors();
  try {
    return await useStanding(ids, async () => {
      const models: SearchedModel[] = [];
      for (const task of group) {
        const prepared = await loadShots(lab.tasks[task]!, shots, seed);
        models.push({ name: prepared.name, prepared, tuned: tuned[task]!, density });
      }
      return searchMasks(
        models,
        {
          localizer,
          base: base!,
          budget: 'exact',
          keepScores: true,
          scope: lab.weights.ranges.map(({ tensor, planned }) => ({
            base: tensor,
            tuned: group.map((task) => planned.models[task]!),
          })),
          settings: searchSettings(localizer, given, images),
        },
        { tensors, control, tell },
      );
    });
  } finally {
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

function localizerBy(by: string): Localizer {
  const localizer = localizerOf(by);
  if (!localizer) throw incompatible(`There is no localizer “${by}”. Choose another.`);
  if (localizer.defaults) return localizer;
  throw incompatible(`“${localizer.label}” needs no search: its masks can be used as they are.`);
}

function checkTuned(
  { tasks, models }: OpenLab,
  numbers: readonly number[],
  { density }: LabFindOptions,
): void {
  const odd = numbers.find((task) => !(task >= 0 && task < models));
  if (odd !== undefined || numbers.length === 0)
    throw incompatible(
      `“${tasks[odd ?? -1]?.name ?? 'No task'}” has no fine-tune whose mask could be found. Choose a task that has one.`,
    );
  if (!(density > 0 && density <= 1))
    throw incompatible(`A density of ${density} was asked for. Give 0 to 1.`);
}
