import { bug } from '../errors.ts';
import { wordDtypes } from '../gpu/kernels/numeric.ts';
import { countElements } from '../tensor/tensorIndex.ts';
import type { Chunk } from './chunk.ts';
import type { ChunkInput } from './chunkInputs.ts';
import type { MergePlan } from './plan.ts';

/** Elements of a tensor that is joined with others, and of all of these, at most. */
const [mostSmall, mostJoined] = [2 ** 16, 2 ** 18];

/** Elements that a plan's chunks may join at most: none where what is done to them goes by tensor, or their masks are given. */
export function joinedElements({ method, masked, chunkElements }: MergePlan): number {
  const alone = method.byTensor || method.byRow || method.matrix || masked.some(Boolean);
  return alone ? 0 : Math.min(mostJoined, chunkElements);
}

/**
 * Chunks in part order, those of small tensors joined where the same is done to all of their elements: many then cost one read of
 * every model and one dispatch. `keyOf` tells what is done to a chunk beside what its dtypes and its positions tell.
 */
export function joinChunks(
  plan: MergePlan,
  chunks: readonly Chunk[],
  keyOf: (chunk: Chunk) => string = () => '',
): Chunk[] {
  const most = joinedElements(plan);
  const lists: Chunk[][] = [];
  let [held, last] = [0, ''];
  for (const chunk of chunks) {
    const dtypes = dtypesOf(chunk);
    const key = dtypes && `${dtypes} ${keyOf(chunk)}`;
    const list = lists.at(-1);
    const follows = list && chunk.part === list.at(-1)!.part + 1;
    if (follows && key === last && held + chunk.elements <= most) {
      list.push(chunk);
      held += chunk.elements;
    } else {
      lists.push([chunk]);
      held = chunk.elements;
    }
    last = key ?? '';
  }
  return lists.map(joinedOf);
}

/** Chunks that follow each other as one. */
export function joinedOf(joined: readonly Chunk[]): Chunk {
  const [first] = joined;
  if (!first) throw bug('There is no chunk to join.');
  if (joined.length === 1) return first;
  return { ...first, joined, elements: joined.reduce((sum, { elements }) => sum + elements, 0) };
}

/** What tells the inputs of a small tensor's chunk apart; null where it is not to be joined. */
function dtypesOf({ tensor, elements }: Chunk): string | null {
  if (tensor.fate === 'new') return null;
  if (elements > mostSmall || elements < countElements(tensor.tensor)) return null;
  const counterparts = tensor.fate === 'merged' ? tensor.models : [];
  const dtypes = [tensor.tensor, ...counterparts].map((info) => info?.dtype ?? '');
  return dtypes.every((dtype) => dtype in wordDtypes) ? [tensor.fate, ...dtypes].join(' ') : null;
}

/** The inputs of a chunk's elements [from, from + elements), in the same memory. */
export function partOfInputs(
  inputs: readonly ChunkInput[],
  from: number,
  elements: number,
): ChunkInput[] {
  return inputs.map(({ dtype, bytes, raw }) => {
    const size = dtype === wordDtypes.F32 ? 4 : 2;
    return { dtype, raw, bytes: bytes.subarray(size * from, size * (from + elements)) };
  });
}

/** Rows of bits over joined chunks, cut into those of each of them: no bit beyond its last element. */
export function splitRows(
  words: Uint32Array,
  rows: number,
  joined: readonly Chunk[],
): Uint32Array<ArrayBuffer>[] {
  const stride = words.length / rows;
  const wordsOf = ({ elements }: Chunk) => Math.ceil(elements / 32);
  const all = new Uint32Array(rows * joined.reduce((sum, chunk) => sum + wordsOf(chunk), 0));
  let [at, from] = [0, 0];
  return joined.map((chunk) => {
    const own = all.subarray(at, at + rows * wordsOf(chunk));
    for (let row = 0, to = 0; row < rows; row++)
      for (let done = 0; done < chunk.elements; done += 32) {
        const bit = from + done;
        const word = row * stride + (bit >>> 5);
        const end = Math.min(32, chunk.elements - done);
        const low = words[word]! >>> (bit & 31);
        // The next word only where these elements reach into it: it may be the next row's.
        const high = (bit & 31) + end > 32 ? words[word + 1]! << (32 - (bit & 31)) : 0;
        own[to++] = (low | high) & (end < 32 ? 2 ** end - 1 : -1);
      }
    at += own.length;
    from += chunk.elements;
    return own;
  });
}
