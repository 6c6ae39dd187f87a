import { unsupported } from '../errors.ts';
import type { Tensor, Tf } from './block.ts';
import { fusedKernel } from './fused.ts';
import { ownGradient } from './ownGradient.ts';

/** An elementwise function; only its input is kept for its gradient. */
export type Activation = (tf: Tf, x: Tensor) => Tensor;

/** An activation from its value and slope at x. */
function activation(value: Activation, slope: Activation): Activation {
  return (tf, x) =>
    ownGradient(
      tf,
      x,
      (input) => ({ value: value(tf, input), saved: [input] }),
      (dy, [input]) => tf.mul(dy, slope(tf, input!)),
    );
}

/** Φ(x), the normal distribution function. */
const phi: Activation = (tf, x) => tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);

/** x·Φ(x) (Hendrycks & Gimpel, 2016). */
const gelu: Activation = (tf, x) => {
  const [value, gradient] = [fusedKernel(tf, 'Gelu'), fusedKernel(tf, 'GeluGradient')];
  if (!value || !gradient || x.size % 4 !== 0) return plainGelu(tf, x);
  return ownGradient(
    tf,
    x,
    (x) => ({ value: value({ x })[0]!, saved: [x] }),
    (dy, [x]) => gradient({ x: x!, dy })[0]!,
  );
};

const plainGelu = activation(
  (tf, x) => tf.mul(x, phi(tf, x)),
  (tf, x) => {
    const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return tf.add(phi(tf, x), tf.mul(x, density));
  },
);

const tanhScale = Math.sqrt(2 / Math.PI);
const cubic = 0.044715;

/** tanh(√(2/π)·(x + 0.044715·x³)). */
const squashed: Activation = (tf, x) => {
  const inner = tf.add(tf.mul(tf.square(x), tanhScale * cubic), tanhScale);
  return tf.tanh(tf.mul(x, inner));
};

/** GELU by tanh, as GPT-2 has it. */
const tanhGelu = activation(
  (tf, x) => tf.mul(tf.mul(x, 0.5), tf.add(squashed(tf, x), 1)),
  (tf, x) => {
    const t = squashed(tf, x);
    const inner = tf.add(tf.mul(tf.square(x), 1.5 * tanhScale * cubic), 0.5 * tanhScale);
    const bend = tf.mul(tf.mul(x, inner), tf.sub(1, tf.square(t)));
    return tf.add(tf.mul(tf.add(t, 1), 0.5), bend);
  },
);

/** x·sigmoid(k·x). */
const gated = (k: number) =>
  activation(
    (tf, x) => tf.mul(x, tf.sigmoid(tf.mul(x, k))),
    (tf, x) => {
      const s = tf.sigmoid(tf.mul(x, k));
      return tf.mul(s, tf.add(tf.mul(tf.mul(x, k), tf.sub(1, s)), 1));
    },
  );

const relu = activation(
  (tf, x) => tf.relu(x),
  (tf, x) => tf.step(x),
);

const silu = gated(1);

/** By the names of transformers' hidden_act. */
const activations = new Map<string, Activation>([
  ['gelu', gelu],
  ['gelu_python', gelu],
  ['gelu_new', tanhGelu],
  ['gelu_fast', tanhGelu],
  ['gelu_pytorch_tanh', tanhGelu],
  ['quick_gelu', gated(1.702)],
  ['relu', relu],
  ['silu', silu],
  ['swish', silu],
]);

/** The activation of a name in config.json; throws Unsupported. */
export function activationOf(name: string): Activation {
  const found = activations.get(name);
  if (found) return found;
  throw unsupported(
    `config.json asks for the activation “${name}”, which is not known. Known are ${[...activations.keys()].join(', ')}.`,
  );
}
