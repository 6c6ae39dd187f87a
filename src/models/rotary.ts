import { unsupported } from '../errors.ts';
import type { Tensor, Tf } from './block.ts';
import type { Config } from './config.ts';
import { ownGradient } from './ownGradient.ts';

/** Rotary positions (Su et al., 2021): pair i of a head's first values turns by `steps[i]` radians a token, and is scaled. */
export interface Rotary {
  steps: readonly number[];
  scale: number;
}

/** What config.json says beside the rotary positions themselves. */
export interface RotaryDefaults {
  theta: number;
  /** Positions that there are, and that were trained on where the file says it here. */
  positions: number;
  trained: number | null;
  /** Most tokens of a text. */
  limit: number;
}

/** Steps of other positions, from plain steps. */
type Scaling = (
  steps: readonly number[],
  config: Config,
  defaults: RotaryDefaults,
) => readonly number[] | Rotary;

/** By the names of transformers' rope_type. */
const scalings = new Map<string, Scaling>([
  ['default', (steps) => steps],
  ['linear', (steps, config) => steps.map((step) => step / config.positive('factor'))],
  // Other than plain beyond the last position alone.
  ['dynamic', (steps) => steps],
  ['llama3', stretchSlow],
  ['longrope', stretchEach],
  ['su', stretchEach],
]);

const trainedOf = (config: Config, { trained, positions }: RotaryDefaults) =>
  trained ?? config.positive('original_max_position_embeddings', positions);

/** Long waves are stretched, short ones stay, and those between go over (Llama 3.1). */
function stretchSlow(steps: readonly number[], config: Config, defaults: RotaryDefaults) {
  const factor = config.positive('factor');
  const low = config.positive('low_freq_factor');
  const high = config.positive('high_freq_factor');
  const trained = trainedOf(config, defaults);
  return steps.map((step) => {
    const waves = (trained * step) / (2 * Math.PI);
    if (waves > high) return step;
    if (waves < low) return step / factor;
    const short = (waves - low) / (high - low);
    return (1 - short) * (step / factor) + short * step;
  });
}

/** Each wave has a factor of its own (LongRoPE: Ding et al., 2024); of texts no longer than those trained on. */
function stretchEach(steps: readonly number[], config: Config, defaults: RotaryDefaults): Rotary {
  const trained = trainedOf(config, defaults);
  if (trained < defaults.limit)
    throw unsupported(
      `config.json scales rotary positions by “longrope” from ${trained} tokens on, and texts of ${defaults.limit} are longer. Use a method that needs no data.`,
    );
  const factors = config.positives('short_factor', steps.length);
  const times = config.positive('factor', defaults.positions / trained);
  const usual = times <= 1 ? 1 : Math.sqrt(1 + Math.log(times) / Math.log(trained));
  return {
    steps: steps.map((step, i) => step / factors[i]!),
    scale: config.positive('attention_factor', usual),
  };
}

/** Rotary positions of a head's first `size` values, by what rope_parameters or rope_scaling says; throws Unsupported, Incompatible. */
export function rotaryOf(config: Config, size: number, defaults: RotaryDefaults): Rotary {
  const kind = config.text('rope_type', config.text('type', 'default'));
  const scaling = scalings.get(kind);
  if (!scaling)
    throw unsupported(
      `config.json scales rotary positions by “${kind}”, which cannot be run. Known are ${[...scalings.keys()].join(', ')}.`,
    );
  const base = config.positive('rope_theta', defaults.theta);
  const plain = Array.from({ length: size / 2 }, (_, i) => base ** ((-2 * i) / size));
  const found = scaling(plain, config, defaults);
  return 'steps' in found ? found : { steps: found, scale: 1 };
}

/** Turns each head's pairs (i, i + n) of x [B, T, heads·size] by its token's place, n the number of steps; the rest stays. */
export function rotate(tf: Tf, x: Tensor, size: number, { steps, scale }: Rotary): Tensor {
  const length = x.shape[1] ?? 0;
  const angles = Array.from({ length }, (_, t) => steps.map((step) => t * step)).flat();
  const table = (of: (angle: number) => number) => {
    const values = Float32Array.from(angles, (angle) => scale * of(angle));
    return tf.tensor4d(values, [1, length, 1, steps.length], 'float32');
  };
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
