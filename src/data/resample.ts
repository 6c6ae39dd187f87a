/** Interpolation filters of Pillow, with their reach in pixels. */
const filters = {
  bilinear: { reach: 1, weight: (x: number) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { reach: 2, weight: bicubicWeight },
};

export type Filter = keyof typeof filters;

/** Keys' cubic with a = −1/2. */
function bicubicWeight(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/** Pillow computes with weights of 22 fractional bits. */
const one = 2 ** 22;

/** Where pixel `at` of `to` begins to read among `from`, and with which weights. */
function weightsOf(
  from: number,
  to: number,
  filter: Filter,
  at: number,
): { first: number; weights: number[] } {
  if (from === to) return { first: at, weights: [one] };
  const { reach, weight } = filters[filter];
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const center = (at + 0.5) * scale;
  const first = Math.max(0, Math.trunc(center - reach * stretch + 0.5));
  const end = Math.min(from, Math.trunc(center + reach * stretch + 0.5));
  const raw = Array.from({ length: end - first }, (_, i) =>
    weight((first + i - center + 0.5) / stretch),
  );
  const sum = raw.reduce((a, b) => a + b, 0);
  const weights = raw.map((value) => Math.trunc((value / sum) * one + (value < 0 ? -0.5 : 0.5)));
  return { first, weights };
}

/** Pixels of 4 bytes, row by row. */
export interface Pixels {
  width: number;
  height: number;
  data: Uint8ClampedArray;
}

/** A part of an image, in pixels. */
export interface Window {
  left: number;
  top: number;
  width: number;
  height: number;
}

/**
 * Image.resize of Pillow to the last bit, each of the four channels by itself: columns first, rounded, then rows. Only what lies
 * in the window of the resized image is made, and only what that reads is read.
 */
export function resample(
  image: Pixels,
  width: number,
  height: number,
  filter: Filter,
  window: Window = { left: 0, top: 0, width, height },
): Pixels {
  const rowAt = (y: number) => weightsOf(image.height, height, filter, window.top + y);
  const last = rowAt(window.height - 1);
  const top = rowAt(0).first;
  const rows = last.first + last.weights.length - top;
  const wide = new Uint8ClampedArray(window.width * rows * 4);
  for (let x = 0; x < window.width; x++) {
    const { first, weights } = weightsOf(image.width, width, filter, window.left + x);
    for (let y = 0; y < rows; y++) {
      const start = ((top + y) * image.width + first) * 4;
      weigh(image.data, start, 4, weights, wide, (y * window.width + x) * 4);
    }
  }
  const data = new Uint8ClampedArray(window.width * window.height * 4);
  const step = window.width * 4;
  for (let y = 0; y < window.height; y++) {
    const { first, weights } = rowAt(y);
    for (let at = 0; at < step; at += 4)
      weigh(wide, (first - top) * step + at, step, weights, data, y * step + at);
  }
  return { width: window.width, height: window.height, data };
}

/** Puts the weighted sum of pixels, `step` bytes apart, at `to`. */
function weigh(
  data: Uint8ClampedArray,
  start: number,
  step: number,
  weights: readonly number[],
  out: Uint8ClampedArray,
  to: number,
): void {
  for (let channel = 0; channel < 4; channel++) {
    let sum = one / 2;
    for (let i = 0, at = start + channel; i < weights.length; i++, at += step)
      sum += data[at]! * weights[i]!;
    out[to + channel] = Math.floor(sum / one);
  }
}

/** RGBA of pixels whose channels lie side by side: value `at` of `[height, width, channels]`; one channel is grey. */
export function pixelsOf(
  width: number,
  height: number,
  channels: 1 | 3,
  value: (at: number) => number,
): Pixels {
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let pixel = 0; pixel < width * height; pixel++)
    for (let channel = 0; channel < 3; channel++)
      data[pixel * 4 + channel] = value(pixel * channels + (channels === 1 ? 0 : channel));
  return { width, height, data };
}
