import { bug } from '../errors.ts';
import type { Scratch } from '../scope/scopeArrays.ts';
import type { KeptBits } from '../scope/arraySpecs.ts';
import { asBytes, release } from '../tensor/release.ts';
import type { Chunk } from './chunk.ts';
import { chunkBytes, inputFloats, type ChunkInput } from './chunkInputs.ts';
import { createChunkMasker } from './chunkMasks.ts';
import { clock, type MergeJournal } from './journal.ts';
import { only, withStages, type StageKind } from './stage.ts';
import type { MergePlan } from './plan.ts';
import { findMasks, type MergeHost } from './runMerge.ts';

/** The masks of a chunk (models × words) without the positions at which τ has not the elected sign. */
export const electStage: StageKind<MergeJournal, Uint32Array<ArrayBuffer>> = {
  id: 'elect',
  async open(tools, journal) {
    const masker = await createChunkMasker(tools, journal);
    return {
      async submit(work) {
        await masker.fill(work);
        return [{ buffer: work.slot.masks, bytes: tools.plan.models * work.words * 4 }];
      },
      keepsInputs: true,
      digest({ inputs }, words) {
        const masks = only(words).slice();
        const taus = taskVectors(inputs);
        electSigns(masks, taus);
        taus.forEach(release);
        return masks;
      },
    };
  },
};

/**
 * Finds, in one pass after the thresholds, the positions that each model keeps: those of its mask at which τ has the elected
 * sign, votes being equal (Yadav et al. 2023, §4). They lie in scratch, a bit each; the journal saved has the thresholds.
 */
export async function keptPositions(
  plan: MergePlan,
  host: MergeHost,
  journal: MergeJournal,
  scratch: Scratch,
): Promise<KeptBits> {
  const chunks = plan.chunks.filter(({ tensor }) => tensor.fate === 'merged');
  const bytes = chunks.reduce((sum, chunk) => sum + chunkBytes(chunk), 0);
  await withStages(plan, host, async (run) => {
    const localized = await findMasks(plan, host, run, journal);
    const started = performance.now();
    await run(electStage, localized, {
      ...{ label: 'Electing signs', chunks, doneBytes: 0, totalBytes: bytes },
      async take(chunk, masks) {
        const words = masks.length / plan.models;
        for (let m = 0; m < plan.models; m++)
          await scratch.write(keptKey(chunk, m), asBytes(masks.slice(m * words, (m + 1) * words)));
      },
    });
    const read = { ...localized, bytesRead: localized.bytesRead + bytes };
    await host.save([], clock(read, 'localize', started));
  });
  return async (m, { name }) => {
    const own = chunks.filter(({ tensor }) => tensor.tensor.name === name);
    const rows = await Promise.all(own.map((chunk) => scratch.read(keptKey(chunk, m))));
    const kept = rows.filter((row) => row !== null);
    if (kept.length < rows.length) throw bug(`${name} has lost its kept positions.`);
    return new Uint32Array(await new Blob(kept).arrayBuffer());
  };
}

const keptKey = ({ part }: Chunk, m: number) => `kept/${part}/${m}`;

/** τ of every model in a chunk, in f32. */
function taskVectors([base, ...models]: readonly ChunkInput[]): Float32Array<ArrayBuffer>[] {
  if (!base) throw bug('A chunk has no base.');
  const from = inputFloats(base);
  const taus = models.map((model) => {
    const tau = inputFloats(model);
    for (let k = 0; k < tau.length; k++) tau[k]! -= from[k]!;
    return tau;
  });
  release(from);
  return taus;
}

/** Takes from masks (models × words) the bits of τ without the sign of the masked Σ τ, added up in model order in f32. */
function electSigns(masks: Uint32Array, taus: readonly Float32Array[]): void {
  const words = masks.length / taus.length;
  for (let word = 0; word < words; word++) {
    let union = 0;
    for (let at = word; at < masks.length; at += words) union |= masks[at]!;
    for (; union !== 0; union &= union - 1) {
      const bit = union & -union;
      const k = 32 * word + 31 - Math.clz32(bit);
      let sum = 0;
      for (let m = 0; m < taus.length; m++)
        if (masks[m * words + word]! & bit) sum = Math.fround(sum + taus[m]![k]!);
      // A sum that is 0 or NaN elects no sign.
      const elected = Math.sign(sum);
      for (let m = 0; m < taus.length; m++)
        if (!(elected * taus[m]![k]! > 0)) masks[m * words + word]! &= ~bit;
    }
  }
}
