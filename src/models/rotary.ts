import { unsupported } from '../errors.ts';
import type { Tensor, Tf } from './block.ts';
import type { Config } from './config.ts';
import { ownGradient } from './ownGradient.ts';

/** Rotary positions (Su et al., 2021): pair i of a head's first values turns by `steps[i]` radians a token. */
export type Rotary = readonly number[];

/** What stands in config.json where it says nothing. */
export interface RotaryDefaults {
  theta: number;
  /** Positions that were trained on; of older files, where they tell none in place. */
  positions: number;
}

/** Steps of other positions, from plain steps. */
type Scaling = (steps: Rotary, config: Config, positions: number) => Rotary;

/** By the names of transformers' rope_type. */
const scalings = new Map<string, Scaling>([
  ['default', (steps) => steps],
  ['linear', (steps, config) => steps.map((step) => step / config.positive('factor'))],
  ['llama3', stretchSlow],
]);

/** Long waves are stretched, short ones stay, and those between go over (Llama 3.1). */
function stretchSlow(steps: Rotary, config: Config, positions: number): Rotary {
  const factor = config.positive('factor');
  const low = config.positive('low_freq_factor');
  const high = config.positive('high_freq_factor');
  const trained = config.positive('original_max_position_embeddings', positions);
  return steps.map((step) => {
    const waves = (trained * step) / (2 * Math.PI);
    if (waves > high) return step;
    if (waves < low) return step / factor;
    const short = (waves - low) / (high - low);
    return (1 - short) * (step / factor) + short * step;
  });
}

/** Steps of a head's first `size` values, by what rope_parameters or rope_scaling says; throws Unsupported, Incompatible. */
export function rotaryOf(
  config: Config,
  size: number,
  { theta, positions }: RotaryDefaults,
): Rotary {
  const kind = config.text('rope_type', config.text('type', 'default'));
  const scaling = scalings.get(kind);
  if (!scaling)
    throw unsupported(
      `config.json scales rotary positions by “${kind}”, which cannot be run. Known are ${[...scalings.keys()].join(', ')}.`,
    );
  const base = config.positive('rope_theta', theta);
  const steps = Array.from({ length: size / 2 }, (_, i) => base ** ((-2 * i) / size));
  return scaling(steps, config, positions);
}

/** Turns each head's pairs (i, i + n) of x [B, T, heads·size] by its token's place, n the number of steps; the rest stays. */
export function rotate(tf: Tf, x: Tensor, size: number, steps: Rotary): Tensor {
  const length = x.shape[1] ?? 0;
  const angles = Array.from({ length }, (_, t) => steps.map((step) => t * step)).flat();
  const table = (of: (angle: number) => number) =>
    tf.tensor4d(Float32Array.from(angles, of), [1, length, 1, steps.length], 'float32');
  return ownGradient(
    tf,
    x,
    (input) => {
      const [cos, sin] = [table(Math.cos), table(Math.sin)];
      return { value: turned(tf, input, size, cos, sin), saved: [cos, sin] };
    },
    (dy, [cos, sin]) => turned(tf, dy, size, cos!, tf.neg(sin!)),
  );
}

function turned(tf: Tf, x: Tensor, size: number, cos: Tensor, sin: Tensor): Tensor {
  const [texts = 0, length = 0, width = 0] = x.shape;
  const pairs = cos.shape[3] ?? 0;
  const heads = tf.reshape(x, [texts, length, width / size, size]);
  const part = (from: number, count: number) =>
    tf.slice(heads, [0, 0, 0, from], [texts, length, width / size, count]);
  const [a, b] = [part(0, pairs), part(pairs, pairs)];
  const rest = size > 2 * pairs ? [part(2 * pairs, size - 2 * pairs)] : [];
  const first = tf.sub(tf.mul(a, cos), tf.mul(b, sin));
  const second = tf.add(tf.mul(b, cos), tf.mul(a, sin));
  return tf.reshape(tf.concat([first, second, ...rest], 3), [texts, length, width]);
}
