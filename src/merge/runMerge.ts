import type { StreamHost } from './chunkStream.ts';
import { nothingToFind } from './givenMasks.ts';
import { clock, type MergeJournal } from './journal.ts';
import { magnitudeThresholds } from './magnitudeThresholds.ts';
import { mergeChunks, type SaveParts } from './mergeChunks.ts';
import { measurePairs } from './pairTable.ts';
import { withStages, type Crew, type RunStage, type StageHost } from './stage.ts';
import type { MergePlan } from './plan.ts';
import { tensorWeights } from './tensorWeights.ts';

/** What a merge works on, and where it leaves what it made. */
export interface MergeHost extends StageHost, Pick<StreamHost, 'onProgress'> {
  /** Absent: all is done on this thread. */
  crew?: Crew;
  save: SaveParts;
}

/**
 * Carries out a plan from where `journal` stands, chunk by chunk: peak memory is a few times the bytes of a chunk of all
 * inputs, whatever the models' size. Throws Cancelled, DeviceLost, QuotaFull, BadFile.
 */
export async function runMerge(
  plan: MergePlan,
  host: MergeHost,
  journal: MergeJournal,
): Promise<MergeJournal> {
  return withStages(plan, host, async (run) => {
    const localized = await findMasks(plan, host, run, journal);
    const weighs = plan.method.weigh && !localized.weights;
    const weighed = weighs
      ? await withFindings(host, localized, tensorWeights(plan, run, localized))
      : localized;
    return mergeChunks(plan, run, host.save, weighed);
  });
}

/** The journal with all by which the masks of chunks are made, saved. */
export async function findMasks(
  plan: MergePlan,
  host: Pick<MergeHost, 'save'>,
  run: RunStage,
  journal: MergeJournal,
): Promise<MergeJournal> {
  const scores = plan.method.mask === 'balance' && !journal.pairs;
  const paired = scores ? await withFindings(host, journal, measurePairs(plan, run)) : journal;
  if (plan.groups.length === 0 || paired.thresholds) return paired;
  if (plan.masked.every(Boolean)) return { ...paired, ...nothingToFind(plan) };
  return withFindings(host, paired, magnitudeThresholds(plan, run, paired.pairs));
}

/** The journal with what a pass over the inputs finds, saved. */
async function withFindings(
  host: Pick<MergeHost, 'save'>,
  journal: MergeJournal,
  finding: Promise<Partial<MergeJournal> & Pick<MergeJournal, 'bytesRead'>>,
): Promise<MergeJournal> {
  const started = performance.now();
  const { bytesRead, ...found } = await finding;
  const state = { ...journal, ...found, bytesRead: journal.bytesRead + bytesRead };
  const timed = clock(state, 'localize', started);
  await host.save([], timed);
  return timed;
}
