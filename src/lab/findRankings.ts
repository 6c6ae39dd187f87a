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
  const { density } = options;
  const joint = localizer.form.kind === 'rank' && localizer.form.joint;
  const groups = joint ? [numbers] : numbers.map((task) => [task]);
  const found: LabFound[] = [];
  const losses: number[] = [];
  await withLive(control, onLive, async (tell) => {
    for (const group of groups) {
      const began = performance.now();
      const { scores, steps, ...told } = await findGroup(
        lab,
        localizer,
        group,
        options,
        control,
        tell,
      );
      const rankings = group.map((_, i) => scores?.[i] ?? new Float32Array(lab.weights.size));
      const seconds = (performance.now() - began) / 1000;
      const of = { localizer: by, tasks: [...group], density, seconds, steps, kept: false };
      found.push(await keep(lab, { ...of, losses: thin(told.losses) }, rankings, control.signal));
      losses.push(...told.losses);
    }
  });
  const sum = (of: 'seconds' | 'steps') => found.reduce((all, each) => all + each[of], 0);
  const [seconds, steps] = [sum('seconds'), sum('steps')];
  const kept = found.every((each) => each.kept);
  const of = { localizer: by, tasks: [...numbers], density, seconds, steps, kept };
  return { ...of, losses: thin(losses) };
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
        { tensors, control: yielding(lab, control), tell },
      );
    });
  } finally {
    tensors.close();
  }
}

/** Has a search wait, between two steps, for what is asked of the lab meanwhile. */
function yielding({ turns }: OpenLab, control: JobControl) {
  const resumed = async () => {
    await control.resumed();
    await turns.pass(0);
  };
  return { signal: control.signal, resumed };
}

/** Puts rankings in the place of earlier ones, forgets what was made with those, and stores them. */
async function keep(
  { weights, masks, shelf, kept, turns }: OpenLab,
  found: LabFound,
  rankings: readonly Float32Array<ArrayBuffer>[],
  signal: AbortSignal,
): Promise<LabFound> {
  const { localizer: by, tasks } = found;
  const stored = rankings.map((scores) => new Blob([scores]));
  const search = await turns.take(0, async () => {
    throwIfCancelled(signal);
    for (const [i, task] of tasks.entries())
      masks.keep(by, task, await weights.compute.adopt(new Uint32Array(rankings[i]!.buffer)));
    shelf.forget(by);
    return kept.begin(found);
  });
  await kept.keepSearch(search, stored);
  return search.found;
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
