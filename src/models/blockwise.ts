import { bug } from '../errors.ts';
import type { Batch, Block, Params, Tensor, Tf } from './block.ts';

/** The parameters of a block on the device. */
export interface LoadedBlock {
  params: ReadonlyMap<string, Tensor>;
  /** Names of those whose gradients are wanted. */
  trainable: readonly string[];
  /** Ends their use; the source decides whether they stay. */
  release(): void;
}

/** Where parameters come from: the GPU while they fit, else storage; `load` may be called for the next block ahead of time. */
export interface ParameterSource {
  load(block: Block): Promise<LoadedBlock>;
}

/** A scalar from the output of the last block. */
export type Loss = (tf: Tf, output: Tensor, batch: Batch) => Tensor;

/**
 * Takes the gradients of one segment by tensor name, each in its tensor's shape. They are disposed when it settles, and
 * must not be written to. The segment's parameters are still loaded, but in use no more: they may be changed in place.
 */
export type Consumer = (gradients: ReadonlyMap<string, Tensor>) => Promise<void>;

/** What one batch gave. */
export interface BatchResult {
  loss: number;
  /** Output of the last block, row-major. */
  output: Float32Array;
}

/**
 * Blocks in runs between which activations are kept; within one they are recomputed going backward. One run of all blocks
 * keeps everything; a run per block, the last two joined, holds two blocks and one input per block at a time.
 */
export function segmentsOf(blocks: readonly Block[], resident: boolean): Block[][] {
  if (resident || blocks.length < 2) return [[...blocks]];
  return [...blocks.slice(0, -2).map((block) => [block]), blocks.slice(-2)];
}

/** Runs blocks one after another, each loaded while the one before computes; returns the output, owned by the caller. */
export async function forward(
  tf: Tf,
  blocks: readonly Block[],
  batch: Batch,
  source: ParameterSource,
): Promise<Tensor> {
  const loads = loadAhead(
    blocks.map((block) => [block]),
    source,
  );
  let x: Tensor | null = null;
  try {
    for (const [i, block] of blocks.entries()) {
      const loaded = await loads.take(i, i + 1);
      const input: Tensor | null = x;
      try {
        x = tf.tidy((): Tensor => run(tf, [block], loaded, input, batch));
      } finally {
        loaded.release();
      }
      input?.dispose();
    }
  } catch (thrown) {
    x?.dispose();
    throw thrown;
  } finally {
    await loads.drop();
  }
  if (!x) throw bug('A model without blocks has no output.');
  return x;
}

/**
 * Loss of a batch, and its gradients with respect to the trainable parameters, segment by segment from the last to the
 * first that has any. Between two segments only the inputs of those before are held.
 */
export async function lossAndGradients(
  tf: Tf,
  segments: readonly (readonly Block[])[],
  loss: Loss,
  batch: Batch,
  source: ParameterSource,
  consume: Consumer,
): Promise<BatchResult> {
  const loads = loadAhead(segments, source);
  const inputs: (Tensor | null)[] = [null];
  const last = segments.length - 1;
  let firstTrainable = segments.length;
  let result: Promise<[Float32Array, Float32Array]> | null = null;
  let dy: Tensor | null = null;
  let inUse: LoadedBlock | null = null;
  try {
    for (let i = 0; i < last; i++) {
      const loaded = (inUse = await loads.take(i, i + 1));
      if (loaded.trainable.length > 0) firstTrainable = Math.min(firstTrainable, i);
      const input = inputs[i] ?? null;
      inputs.push(tf.tidy(() => run(tf, segments[i] ?? [], loaded, input, batch)));
      inUse = null;
      loaded.release();
    }
    for (let i = last; i === last || i >= firstTrainable; i--) {
      const loaded = (inUse = await loads.take(i, i > firstTrainable ? i - 1 : null));
      const { value, dx, gradients } = backward(tf, {
        blocks: segments[i] ?? [],
        loaded,
        input: inputs[i] ?? null,
        further: i > firstTrainable,
        batch,
        from: dy ?? loss,
      });
      dy?.dispose();
      dy = dx;
      result ??= value;
      try {
        if (gradients.size > 0) await consume(gradients);
      } finally {
        tf.dispose([...gradients.values()]);
      }
      inUse = null;
      loaded.release();
      inputs[i]?.dispose();
      inputs[i] = null;
    }
  } finally {
    inputs.forEach((each) => each?.dispose());
    dy?.dispose();
    inUse?.release();
    await loads.drop();
  }
  if (!result) throw bug('A model without blocks has no loss.');
  const [[value = NaN], output] = await result;
  return { loss: value, output };
}

/** A segment going backward. */
interface Step {
  blocks: readonly Block[];
  loaded: LoadedBlock;
  input: Tensor | null;
  /** Whether the gradient of the input is wanted. */
  further: boolean;
  batch: Batch;
  /** The gradient of the output, or for the last segment the loss. */
  from: Tensor | Loss;
}

/** Gradients of a segment's parameters by name and of its input, owned by the caller; of the last segment its loss and output too. */
function backward(tf: Tf, { blocks, loaded, input, further, batch, from }: Step) {
  const x = further ? input : null;
  const names = loaded.trainable;
  let output: Tensor | null = null;
  const body = (...args: Tensor[]): Tensor => {
    const given = new Map(names.map((name, k) => [name, args[k + (x ? 1 : 0)]!]));
    const y = run(tf, blocks, loaded, x ? (args[0] ?? null) : input, batch, given);
    if (typeof from !== 'function') return y;
    output = tf.keep(y);
    return from(tf, y, batch);
  };
  const args = [...(x ? [x] : []), ...names.map((name) => paramOf(loaded, name))];
  const found = tf.tidy((): Tensor[] => {
    if (typeof from !== 'function') return tf.grads(body)(args, from);
    if (args.length === 0) return [tf.keep(body()) as Tensor];
    const { value, grads } = tf.valueAndGrads((...each) => body(...each).asScalar())(args);
    return [tf.keep(value) as Tensor, ...grads];
  });
  const value = typeof from === 'function' ? read(tf, found.shift(), output) : null;
  const dx = x ? (found.shift() ?? null) : null;
  return { value, dx, gradients: new Map(names.map((name, k) => [name, found[k]!])) };
}

/** The values of the loss and the output, which are disposed once they are read. */
function read(tf: Tf, loss: Tensor | undefined, output: Tensor | null) {
  if (!loss || !output) throw bug('The loss was not computed.');
  const values = Promise.all([loss.data<'float32'>(), output.data<'float32'>()]);
  void values.finally(() => tf.dispose([loss, output])).catch(() => undefined);
  return values;
}

/** Runs the blocks of a segment; `given` stands in for loaded parameters. */
function run(
  tf: Tf,
  blocks: readonly Block[],
  loaded: LoadedBlock,
  x: Tensor | null,
  batch: Batch,
  given?: ReadonlyMap<string, Tensor>,
): Tensor {
  const params: Params = (name) => given?.get(name) ?? paramOf(loaded, name);
  let y = x;
  for (const block of blocks) y = block.forward(tf, params, y, batch);
  if (!y) throw bug('A segment without blocks has no output.');
  return y;
}

function paramOf({ params }: LoadedBlock, name: string): Tensor {
  const tensor = params.get(name);
  if (!tensor) throw bug(`The parameter ${name} was not loaded.`);
  return tensor;
}

/** Loads segments by their numbers ahead of their use. */
function loadAhead(segments: readonly (readonly Block[])[], source: ParameterSource) {
  const pending = new Map<number, Promise<LoadedBlock>>();
  const start = (i: number) => {
    const segment = segments[i];
    if (!segment || pending.has(i)) return;
    const loading = loadAll(segment, source);
    loading.catch(() => undefined);
    pending.set(i, loading);
  };
  return {
    /** Number i, to be released by the caller; starts loading `next`. */
    async take(i: number, next: number | null): Promise<LoadedBlock> {
      start(i);
      const loading = pending.get(i);
      if (!loading) throw bug(`There is no segment ${i}.`);
      const loaded = await loading;
      pending.delete(i);
      if (next !== null) start(next);
      return loaded;
    },
    /** Releases what was loaded and not taken. */
    async drop(): Promise<void> {
      const rest = await Promise.allSettled(pending.values());
      for (const each of rest) if (each.status === 'fulfilled') each.value.release();
    },
  };
}

async function loadAll(blocks: readonly Block[], source: ParameterSource): Promise<LoadedBlock> {
  const loaded: LoadedBlock[] = [];
  try {
    for (const block of blocks) loaded.push(await source.load(block));
  } catch (thrown) {
    loaded.forEach((each) => each.release());
    throw thrown;
  }
  return {
    params: new Map(loaded.flatMap(({ params }) => [...params])),
    trainable: [...new Set(loaded.flatMap(({ trainable }) => trainable))],
    release: () => loaded.forEach((each) => each.release()),
  };
}
