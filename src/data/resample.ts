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

/** Where each output pixel begins to read, and with which weights. */
function weightsOf(
  from: number,
  to: number,
  filter: Filter,
): { first: number; weights: number[] }[] {
  const { reach, weight } = filters[filter];
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  return Array.from({ length: to }, (_, at) => {
    const center = (at + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - reach * stretch + 0.5));
    const end = Math.min(from, Math.trunc(center + reach * stretch + 0.5));
    const raw = Array.from({ length: end - first }, (_, i) =>
      weight((first + i - center + 0.5) / stretch),
    );
    const sum = raw.reduce((a, b) => a + b, 0);
    const weights = raw.map((value) => Math.trunc((value / sum) * one + (value < 0 ? -0.5 : 0.5)));
    return { first, weights };
  });
}

/** Pixels of 4 bytes, row by row. */
export interface Pixels {
  width: number;
  height: number;
  data: Uint8ClampedArray;
}

/** Image.resize of Pillow to the last bit, each of the four channels by itself: columns first, rounded, then rows. */
export function resample(image: Pixels, width: number, height: number, filter: Filter): Pixels {
  const wide = width === image.width ? image : pass(image, width, filter, true);
  return height === image.height ? wide : pass(wide, height, filter, false);
}

function pass(image: Pixels, size: number, filter: Filter, across: boolean): Pixels {
  const width = across ? size : image.width;
  const height = across ? image.height : size;
  const data = new Uint8ClampedArray(width * height * 4);
  const plan = weightsOf(across ? image.width : image.height, size, filter);
  const step = across ? 4 : image.width * 4;
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const { first, weights } = plan[across ? x : y]!;
      const start = across ? (y * image.width + first) * 4 : (first * image.width + x) * 4;
      for (let channel = 0; channel < 4; channel++, to++) {
        let sum = one / 2;
        for (let i = 0, at = start + channel; i < weights.length; i++, at += step) {
          sum += image.data[at]! * weights[i]!;
        }
        data[to] = Math.floor(sum / one);
      }
    }
  }
  return { width, height, data };
}
