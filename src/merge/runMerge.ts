import type { ComputeBuffer } from '../gpu/compute.ts';
import { binCount } from '../gpu/kernels/histogram.ts';
import { createChunkMasker, type ChunkMasker } from './chunkMasks.ts';
import type { Allocate, ChunkWork, Slot } from './chunkStream.ts';
import { allocateSlots } from './slots.ts';
import { nothingToFind } from './givenMasks.ts';
import { clock, type MergeJournal } from './journal.ts';
import { magnitudeThresholds } from './magnitudeThresholds.ts';
import { mergeChunks, type MergeHost } from './mergeChunks.ts';
import type { MergePlan } from './plan.ts';
import { measurePairs } from './pairTable.ts';
import { tensorWeights } from './tensorWeights.ts';

/**
 * Carries out a plan from where `journal` stands, chunk by chunk: peak memory is a few times the bytes of a chunk of all
 * inputs, whatever the models' size. Throws Cancelled, DeviceLost, QuotaFull, BadFile.
 */
export async function runMerge(
  plan: MergePlan,
  host: MergeHost,
  journal: MergeJournal,
): Promise<MergeJournal> {
  return withMasks(plan, host, journal, async (masking) => {
    const { measured, slots, allocate, masker, localized } = masking;
    const mask = (work: ChunkWork) => masker.fill(work, localized.thresholds ?? []);
    const weighs = plan.method.weigh && !localized.weights;
    const weighed = weighs
      ? await withFindings(host, localized, tensorWeights(measured, host, slots, allocate, mask))
      : localized;
    return mergeChunks(measured, host, slots, weighed, masker);
  });
}

/** What masks of chunks are made with: the plan with what was measured for them, and the journal with their thresholds. */
interface Masking {
  measured: MergePlan;
  slots: Slot[];
  allocate: Allocate;
  masker: ChunkMasker;
  localized: MergeJournal;
}

/** Carries out `work` on the masks of a plan, whose buffers live as long. */
export async function withMasks<T>(
  plan: MergePlan,
  host: MergeHost,
  start: MergeJournal,
  work: (masking: Masking) => Promise<T>,
): Promise<T> {
  const { compute } = host;
  const buffers: ComputeBuffer[] = [];
  const allocate = async (bytes: number) => {
    const buffer = await compute.buffer(bytes);
    buffers.push(buffer);
    return buffer;
  };
  try {
    const slots = await allocateSlots(plan, allocate);
    const scores = plan.method.mask === 'balance' && !start.pairs;
    const journal = scores
      ? await withFindings(host, start, measurePairs(plan, host, slots, allocate))
      : start;
    const measured = { ...plan, ...(journal.pairs && { pairs: journal.pairs }) };
    const masker = await createChunkMasker(measured, host, allocate);
    const localized = await findThresholds(measured, host, slots, journal, allocate);
    return await work({ measured, slots, allocate, masker, localized });
  } finally {
    buffers.forEach((buffer) => compute.free(buffer));
  }
}

/** The journal with what a pass over the inputs finds, saved. */
async function withFindings(
  host: MergeHost,
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

/** Finds the thresholds of masks by density, unless the journal has them. */
async function findThresholds(
  plan: MergePlan,
  host: MergeHost,
  slots: Slot[],
  journal: MergeJournal,
  allocate: Allocate,
): Promise<MergeJournal> {
  if (plan.groups.length === 0 || journal.thresholds) return journal;
  if (plan.masked.every(Boolean)) return { ...journal, ...nothingToFind(plan) };
  const rows = Math.max(0, ...plan.groups.map(({ ranks }) => ranks.length));
  const bins = await allocate(rows * binCount * 4);
  return withFindings(host, journal, magnitudeThresholds(plan, host, slots, bins));
}
