import { expect, test } from 'vitest';
import { classMeans } from './zeroShot.ts';

test('a class is the mean of its prompts’ embeddings, of length one', () => {
  // Two classes of two prompts, width 2: means (0.5, 0.5) and (0, 0.6).
  const embeddings = Float32Array.of(1, 0, 0, 1, 0.8, 0.6, -0.8, 0.6);
  const [a = 0, b = 0, c, d] = classMeans(embeddings, 2, 2, 2);
  expect(a).toBeCloseTo(Math.SQRT1_2, 6);
  expect(b).toBeCloseTo(Math.SQRT1_2, 6);
  expect(c).toBeCloseTo(0, 6);
  expect(d).toBeCloseTo(1, 6);
});
