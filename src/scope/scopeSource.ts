import type { Tensors } from '../gpu/tensors.ts';
import type { Tensor } from '../gpu/tf.ts';
import type { ComputeBuffer } from '../gpu/compute.ts';
import type { Block } from '../models/block.ts';
import type { Consumer, ParameterSource } from '../models/blockwise.ts';
import type { Trained } from '../models/task.ts';
import { countElements } from '../tensor/tensorIndex.ts';
import type { ScopeArrays, Opened } from './scopeArrays.ts';

/** How effective weights are made, and what becomes of their gradients. */
export interface EffectiveWeights<Name extends string> {
  arrays: ScopeArrays<Name>;
  /** Arrays that `write` and `take` use; `theta` among them. */
  names: readonly (Name | 'theta')[];
  /** Arrays that `take` alone uses. */
  taken: readonly Name[];
  /** Arrays that `take` changes and that last. */
  changed: readonly Name[];
  /** Writes the effective weights of tensor `t` into `theta`; absent: they lie there. */
  write?(buffers: Opened<Name | 'theta'>, elements: number, t: number): Promise<void>;
  /** Takes ∂ℓ/∂θ of tensor `t`. */
  take(
    gradient: ComputeBuffer,
    buffers: Opened<Name | 'theta'>,
    elements: number,
    t: number,
  ): Promise<void>;
}

/** Parameters whose tensors in scope are effective weights, trainable, and whose others come from `rest`. */
export function createScopeSource<Name extends string>(
  tensors: Tensors,
  { arrays, names, taken, changed, write, take }: EffectiveWeights<Name | 'theta'>,
  rest: ParameterSource,
): Trained {
  const numbers = new Map(arrays.scope.map(({ base }, t) => [base.name, t]));
  const all = [...names, ...taken];

  const source: ParameterSource = {
    async load(block) {
      const inScope = (each: Block['tensors'][number]) =>
        each.of === 'model' && numbers.has(each.info.name);
      const others = await rest.load({
        ...block,
        tensors: block.tensors.filter((each) => !inScope(each)),
      });
      const masked = block.tensors.filter(inScope).map(({ info }) => info);
      const params = new Map<string, Tensor>(others.params);
      const opened: number[] = [];
      const release = () => {
        tensors.flush();
        masked.forEach(({ name }) => params.get(name)?.dispose());
        for (const t of opened) void arrays.close(t, names);
        others.release();
      };
      try {
        const numbersHere = masked.map(({ name }) => numbers.get(name)!);
        const buffers = await settled(numbersHere.map((t) => arrays.open(t, names)));
        opened.push(...numbersHere);
        for (const [i, { name, shape }] of masked.entries()) {
          await write?.(buffers[i]!, countElements({ shape }), opened[i]!);
          params.set(name, tensors.tensorOf(buffers[i]!.theta, shape));
        }
      } catch (thrown) {
        release();
        throw thrown;
      }
      return { params, trainable: masked.map(({ name }) => name), release };
    },
  };

  const consume: Consumer = async (gradients) => {
    const given = [...gradients].map(([name, gradient]) => ({ gradient, t: numbers.get(name)! }));
    try {
      const buffers = await settled(given.map(({ t }) => arrays.open(t, all)));
      for (const [i, { gradient, t }] of given.entries())
        await take(tensors.bufferOf(gradient), buffers[i]!, gradient.size, t);
    } finally {
      await settled(given.map(({ t }) => arrays.close(t, all, changed)));
    }
  };
  return { source, consume };
}

/** All values once every promise has settled; throws the first failure. */
async function settled<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
