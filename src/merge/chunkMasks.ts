import { openRows, rowLoops } from '../gpu/simd/rows.ts';
import { mask } from '../gpu/kernels/mask.ts';
import { tiebreak } from '../gpu/kernels/tiebreak.ts';
import { nothing, type Threshold } from '../scope/threshold.ts';
import { floatBits } from '../tensor/float.ts';
import { asBytes } from '../tensor/release.ts';
import type { ComputeBuffer, Constants } from '../gpu/compute.ts';
import { writeTable, type ChunkWork } from './chunkStream.ts';
import { placeGiven } from './givenMasks.ts';
import type { MergeJournal } from './journal.ts';
import type { MaskFilter } from './maskFilter.ts';
import type { Method } from './method.ts';
import type { StageTools } from './stage.ts';
import type { MergePlan } from './plan.ts';

export interface ChunkMasker {
  /** Ties that each row of masks may still take; read it after a chunk. */
  remaining: ComputeBuffer;
  /** Fills the slot's masks: by thresholds and ties, then given ones, then filtered. */
  fill(work: ChunkWork): Promise<void>;
}

/** Ties that each row of masks takes in a group, by the thresholds of all groups. */
export function tiesOf(
  thresholds: readonly Threshold[],
  { groups }: MergePlan,
  group: number,
): number[] {
  return inGroup(thresholds, groups, group).map(({ ties }) => ties);
}

/** The constants by which kernels rank positions as a method does. */
export function constantsOf({ mask }: Method): Constants {
  return { SPREAD: Number(mask === 'spread'), BALANCE: Number(mask === 'balance') };
}

function inGroup(
  thresholds: readonly Threshold[],
  groups: MergePlan['groups'],
  group: number,
): readonly Threshold[] {
  const rows = groups[0]?.ranks.length ?? 0;
  return thresholds.slice(group * rows, (group + 1) * rows);
}

/** Makes the masks of chunks, in the order of their positions, going on where the journal stands. */
export async function createChunkMasker(
  { plan, host, allocate }: StageTools,
  { thresholds, pairs, ties }: Pick<MergeJournal, 'thresholds' | 'pairs' | 'ties'>,
): Promise<ChunkMasker> {
  const { compute } = host;
  const { groups } = plan;
  const ranks = groups[0]?.ranks ?? plan.weights.map(differs);
  const ranked = groups.length > 0;
  const keyConstants = constantsOf(plan.method);
  const remaining = await allocate(Math.max(1, ranks.length) * 4);
  const filters: Awaited<ReturnType<MaskFilter>>[] = [];
  for (const filter of plan.method.filters ?? []) filters.push(await filter(plan, host, allocate));
  const restart = (left: readonly number[]) => {
    if (left.length) compute.write(remaining, 0, asBytes(Uint32Array.from(left)));
  };
  restart(ties);
  const takesAll = (thresholds ?? []).every((threshold) => threshold.ties === threshold.equal);
  /** Ties left where chunks before this one may be worked on elsewhere: where all are taken everywhere, their order does not matter. */
  const tiesOutOfOrder = async (
    { chunk, slot, words }: ChunkWork,
    own: readonly Threshold[],
    opens: boolean,
  ) => {
    const most = own.map((threshold) => threshold.ties);
    if (!host.tiesLeft || takesAll) return most;
    const buffer = { buffer: slot.ties, bytes: own.length * words * 4 };
    const [bits = new Uint32Array()] = await compute.view([buffer]);
    return host.tiesLeft(chunk.part, {
      left: opens ? most : ties,
      opens,
      has: countTies(bits, words),
    });
  };
  return {
    remaining,
    async fill(work) {
      const { chunk, inputs, slot, words, dtypes } = work;
      const rows = inputs.length > 1 ? ranks : [];
      const own = inGroup(thresholds ?? [], groups, chunk.group);
      const opens = plan.method.byTensor ? chunk.start === 0 : chunk.position === 0;
      if (rows.length && opens) restart(own.map(({ ties }) => ties));
      const key = (row: number) => (own[row] ?? { ...nothing, key: 0 }).key;
      const table = rows.map(({ model }, row) => ({ model, words: [key(row), 0] as const }));
      writeTable(compute, slot.keys, chunk.elements, inputs, table, pairs);
      await compute.dispatch({
        kernel: mask,
        constants: { ...keyConstants, ...dtypes },
        buffers: [slot.weights, slot.keys, slot.masks, slot.ties],
        params: new Uint32Array([
          ...[chunk.elements, words, rows.length, 0],
          ...[floatBits(1 / Math.max(1, rows.length)), 0, 0, 0],
        ]),
        threads: words,
        rows: rows.length,
      });
      if (ranked && rows.length && host.tiesLeft) restart(await tiesOutOfOrder(work, own, opens));
      if (ranked)
        await compute.dispatch({
          kernel: tiebreak,
          buffers: [slot.ties, slot.masks, remaining],
          params: new Uint32Array([words, 64, rows.length, 0]),
          threads: 64,
          rows: rows.length,
        });
      if (rows.length === 0) return;
      await placeGiven(plan, host, chunk, slot.masks);
      for (const filter of filters) await filter(work);
    },
  };
}

/** The bits of each row of so many words. */
function countTies(bits: Uint32Array, words: number): number[] {
  const row = openRows(bits.byteLength).take(bits.byteLength);
  row.words.set(bits);
  return Array.from({ length: bits.length / words }, (_, i) =>
    rowLoops.countBits(row.at + 4 * i * words, words),
  );
}

const differs = (_: unknown, model: number) => ({ model });
