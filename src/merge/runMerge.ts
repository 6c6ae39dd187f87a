import type { ComputeBuffer } from '../gpu/compute.ts';
import { binCount } from '../gpu/kernels/histogram.ts';
import { createMasker, tiesOf, type Masker } from './chunkMasks.ts';
import type { Allocate, Slot } from './chunkStream.ts';
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
  return withMasks(
    plan,
    host,
    journal,
    async ({ measured, slots, allocate, masker, localized }) => {
      const weighed = await weigh(measured, host, slots, localized, allocate, masker);
      return mergeChunks(measured, host, slots, weighed, masker);
    },
  );
}

/** What masks of chunks are made with: the plan with what was measured for them, and the journal with their thresholds. */
interface Masking {
  measured: MergePlan;
  slots: Slot[];
  allocate: Allocate;
  masker: Masker;
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
    const journal = await measure(plan, host, slots, start, allocate);
    const measured = { ...plan, ...(journal.pairs && { pairs: journal.pairs }) };
    const masker = await createMasker(measured, host, allocate);
    const localized = await localize(measured, host, slots, journal, allocate);
    return await work({ measured, slots, allocate, masker, localized });
  } finally {
    buffers.forEach((buffer) => compute.free(buffer));
  }
}

/** Measures what scores go by, where the method ranks by them, unless the journal has it. */
async function measure(
  plan: MergePlan,
  host: MergeHost,
  slots: Slot[],
  journal: MergeJournal,
  allocate: Allocate,
): Promise<MergeJournal> {
  if (plan.method.mask !== 'balance' || journal.pairs) return journal;
  const started = performance.now();
  const { pairs, bytesRead } = await measurePairs(plan, host, slots, allocate);
  const state = { ...journal, pairs, bytesRead: journal.bytesRead + bytesRead };
  const timed = clock(state, 'localize', started);
  await host.save([], timed);
  return timed;
}

/** Finds the thresholds of masks by density, unless the journal has them. */
async function localize(
  plan: MergePlan,
  host: MergeHost,
  slots: Slot[],
  journal: MergeJournal,
  allocate: Allocate,
): Promise<MergeJournal> {
  if (plan.groups.length === 0 || journal.thresholds) return journal;
  if (plan.masked.every(Boolean)) return { ...journal, ...nothingToFind(plan) };
  const started = performance.now();
  const rows = Math.max(0, ...plan.groups.map(({ ranks }) => ranks.length));
  const bins = await allocate(rows * binCount * 4);
  const { bytesRead, ...found } = await magnitudeThresholds(plan, host, slots, bins);
  const ties = tiesOf(found.thresholds, plan, 0);
  const state = { ...journal, ...found, ties, bytesRead: journal.bytesRead + bytesRead };
  const timed = clock(state, 'localize', started);
  await host.save([], timed);
  return timed;
}

/** Finds the weights of the models in each tensor, where the method weighs tensors and the journal has none. */
async function weigh(
  plan: MergePlan,
  host: MergeHost,
  slots: Slot[],
  journal: MergeJournal,
  allocate: Allocate,
  masker: Masker,
): Promise<MergeJournal> {
  if (!plan.method.weigh || journal.weights) return journal;
  const started = performance.now();
  const { weights, bytesRead } = await tensorWeights(plan, host, slots, allocate, (work) =>
    masker.fill(work, journal.thresholds ?? []),
  );
  const state = { ...journal, weights, bytesRead: journal.bytesRead + bytesRead };
  const timed = clock(state, 'localize', started);
  await host.save([], timed);
  return timed;
}
