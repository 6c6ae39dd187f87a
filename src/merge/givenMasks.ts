import { bug } from '../errors.ts';
import type { Compute, ComputeBuffer } from '../gpu/compute.ts';
import { asBytes } from '../tensor/release.ts';
import type { Chunk } from './chunk.ts';
import type { MaskWords } from './maskFilter.ts';
import type { MergePlan } from './plan.ts';
import { nothing } from '../scope/threshold.ts';

/** Writes the given masks of a chunk over the empty ones that the thresholds left. */
export async function placeGiven(
  { masked }: MergePlan,
  { compute, maskWords }: { compute: Compute; maskWords?: MaskWords },
  { tensor, start, elements }: Chunk,
  masks: ComputeBuffer,
): Promise<void> {
  if (tensor.fate !== 'merged') return;
  const words = Math.ceil(elements / 32);
  const from = start / 32;
  for (const [m, isGiven] of masked.entries()) {
    if (!isGiven) continue;
    if (!maskWords) throw bug('A mask is given, but cannot be read.');
    const own = tensor.models[m]?.name ?? tensor.tensor.name;
    const row = await maskWords(m, tensor.tensor, from, from + words, own);
    const given = Uint32Array.from(row);
    // The base may have more rows than merge, and the mask bits in them.
    if (elements % 32) given[words - 1]! &= 2 ** (elements % 32) - 1;
    compute.write(masks, m * words * 4, asBytes(given));
  }
}

/** The state after localizing when no mask goes by density. */
export function nothingToFind({ models, groups }: MergePlan) {
  const ranks = groups.flatMap((group) => group.ranks);
  return {
    thresholds: ranks.map(() => nothing),
    ties: ranks.map(() => 0),
    nonFinite: Array.from({ length: models }, () => 0),
  };
}
