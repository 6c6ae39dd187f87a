import { badFile, bug } from '../../errors.ts';
import { draw, streamKey } from '../../gpu/kernels/hash.ts';
import type { Parameters } from '../../recipe/parameters.ts';
import { asBytes } from '../../tensor/release.ts';
import { countElements } from '../../tensor/tensorIndex.ts';
import { inputFloats, readChunk, type ChunkInput } from '../chunkInputs.ts';
import type { FilterPlan, MaskFilter } from '../maskFilter.ts';
import type { Chunk } from '../chunk.ts';
import type { Pass } from '../method.ts';

const words = 2 ** 32;

/** Rows up to this long are ranked whole, longer ones as far as a chunk holds them: it bounds what is read beside a chunk. */
const longestRow = 2 ** 20;

const drawByRank: MaskFilter = async (plan, { compute, readers }) => {
  refuseWide(plan);
  return async ({ chunk, inputs, slot, words: length }) => {
    const { tensor, start, elements } = chunk;
    const width = tensor.tensor.shape.at(-1) ?? 1;
    const whole = width <= longestRow;
    const from = whole ? start - (start % width) : start;
    const end = start + elements;
    const to = whole ? Math.min(countElements(tensor.tensor), Math.ceil(end / width) * width) : end;
    const beside = ([a, b]: [number, number]) =>
      a < b ? readChunk({ ...chunk, start: a, elements: b - a }, readers) : null;
    const head = await beside([from, start]);
    const tail = await beside([end, to]);
    plan.values(tensor).forEach((own, m) => {
      const sizes = new Float32Array(to - from);
      if (head) sizes.set(sizesOf(head, m));
      sizes.set(sizesOf(inputs, m), start - from);
      if (tail) sizes.set(sizesOf(tail, m), end - from);
      const mask = drawn(sizes, whole ? width : sizes.length, chunk, from, own, m);
      compute.write(slot.masks, m * length * 4, asBytes(mask));
    });
  };
};

/**
 * Keeps each position at random, with a probability that rises from density − epsilon for the smallest |τ| of its row to density +
 * epsilon for the largest; of equal sizes the later ranks higher. Rows are those of the last dimension.
 */
export const dropByRank: Pass = {
  name: 'drop by rank(density, ε)',
  filters: [drawByRank],
  byRow: true,
  draws: true,
};

/** Throws BadFile where density ± epsilon is no probability. */
function refuseWide({ outputs, values }: FilterPlan): void {
  for (const { planned } of outputs)
    for (const { density = 1, epsilon = 0 } of planned.fate === 'merged' ? values(planned) : [])
      if (density > 0 && density < 1 && (density + epsilon >= 1 || density - epsilon <= 0))
        throw badFile(
          `density ± epsilon must lie between 0 and 1, and ${density} ± ${epsilon} does not. Lower epsilon.`,
        );
}

/** |τ| of a model. */
function sizesOf([base, ...models]: readonly ChunkInput[], model: number): Float32Array {
  const [from, to] = [base, models[model]].map((input) => (input ? inputFloats(input) : null));
  if (!from || !to) throw bug(`A chunk has no model ${model}.`);
  for (let k = 0; k < to.length; k++) to[k] = Math.abs(to[k]! - from[k]!);
  return to;
}

/** The mask of a chunk from the sizes of its rows, which begin at element `from` of the tensor. */
function drawn(
  sizes: Float32Array,
  width: number,
  { start, elements, position }: Chunk,
  from: number,
  { density = 1, epsilon = 0, seed = 0 }: Parameters,
  model: number,
): Uint32Array<ArrayBuffer> {
  const mask = new Uint32Array(Math.ceil(elements / 32));
  const key = streamKey(seed, model);
  const certain = density >= 1;
  for (let row = 0; row < sizes.length && density > 0; row += width) {
    const ranks = certain ? null : ranksOf(sizes.subarray(row, row + width));
    for (let at = 0; at < Math.min(width, sizes.length - row); at++) {
      const k = from + row + at - start;
      if (k < 0 || k >= elements || !(sizes[row + at]! > 0)) continue;
      const share = ranks ? density - epsilon + ranks[at]! * 2 * epsilon : 1;
      const [low, high] = [(position + k) % words, Math.floor((position + k) / words)];
      if (certain || draw(key, low, high) < Math.floor(share * words))
        mask[k >>> 5]! |= 1 << (k & 31);
    }
  }
  return mask;
}

/** Ranks from 0 for the smallest to 1 for the largest. */
function ranksOf(sizes: Float32Array): Float64Array {
  const bits = new Uint32Array(sizes.slice().buffer);
  const order = Float64Array.from(bits, (size, at) => size * 2 * longestRow + at).sort();
  const ranks = new Float64Array(sizes.length);
  const last = Math.max(1, sizes.length - 1);
  order.forEach((packed, rank) => (ranks[packed % (2 * longestRow)] = rank / last));
  return ranks;
}
