import type { Tensors } from '../../src/gpu/tensors.ts';
import type { Tensor } from '../../src/gpu/tf.ts';
import type { Params } from '../../src/models/block.ts';
import { readF32 } from '../../src/models/readF32.ts';
import type { StepModel } from './stepModel.ts';

const [rate, beta1, beta2, epsilon, decay] = [1e-3, 0.9, 0.999, 1e-8, 0.01];

/**
 * The peer: one step of fine-tuning as one would write it with tfjs alone. All weights are tfjs tensors, the forward pass is
 * the model's own, one tf.valueAndGrads tapes it whole, and AdamW with its two moments is made of tfjs ops, tensor by tensor.
 */
export async function createPlainStep(
  { tf }: Tensors,
  { base, scope, task }: StepModel,
): Promise<{ step(rows: readonly number[]): Promise<number>; close(): void }> {
  const weights = new Map<string, Tensor>();
  for (const { tensors } of task.blocks)
    for (const { info } of tensors)
      if (!weights.has(info.name))
        weights.set(info.name, tf.tensor(await readF32(base, info), [...info.shape]));
  const trained = scope.map(({ base }) => base.name);
  const zeros = () => trained.map((name) => tf.zerosLike(weights.get(name)!));
  let [m, v] = [zeros(), zeros()];
  let steps = 0;

  const adamW = (name: string, i: number, gradient: Tensor): Tensor[] =>
    tf.tidy(() => {
      const theta = weights.get(name)!;
      const first = tf.add(tf.mul(m[i]!, beta1), tf.mul(gradient, 1 - beta1));
      const second = tf.add(tf.mul(v[i]!, beta2), tf.mul(tf.square(gradient), 1 - beta2));
      const size = tf.add(tf.sqrt(tf.div(second, 1 - beta2 ** steps)), epsilon);
      const along = tf.div(tf.div(first, 1 - beta1 ** steps), size);
      const moved = tf.sub(tf.mul(theta, 1 - rate * decay), tf.mul(along, rate));
      return [moved, first, second];
    });

  return {
    async step(rows) {
      const batch = await task.train!.batch(tf, rows);
      const { value, grads } = tf.valueAndGrads((...given: Tensor[]) => {
        const params: Params = (name) => {
          const i = trained.indexOf(name);
          return i < 0 ? weights.get(name)! : given[i]!;
        };
        let x: Tensor | null = null;
        for (const block of task.blocks) x = block.forward(tf, params, x, batch);
        return task.loss(tf, x!, batch).asScalar();
      })(trained.map((name) => weights.get(name)!));
      steps++;
      trained.forEach((name, i) => {
        const [theta, first, second] = adamW(name, i, grads[i]!);
        tf.dispose([weights.get(name)!, m[i]!, v[i]!, grads[i]!]);
        weights.set(name, theta!);
        m[i] = first!;
        v[i] = second!;
      });
      const [loss = NaN] = await value.data();
      // The step is done when its weights are: on a GPU they are still being computed.
      await tf.sum(weights.get(trained[0]!)!).data();
      tf.dispose([value, ...Object.values(batch)]);
      return loss;
    },
    close() {
      tf.dispose([...weights.values(), ...m, ...v]);
      [m, v] = [[], []];
    },
  };
}
