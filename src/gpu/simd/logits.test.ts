import { expect, it } from 'vitest';
import { mulberry32 } from '../../data/random.ts';
import { floatBits } from '../../tensor/float.ts';
import { floats } from '../kernels/floats.ts';
import { gammaBins } from '../kernels/logitStep.ts';
import { openLogitLoops } from './logits.ts';

const loops = await openLogitLoops();
const random = mulberry32(3);
const words = (count: number, scale: number) =>
  new Uint32Array(Float32Array.from({ length: count }, () => (random() - 0.5) * scale).buffer);
const sigma = (x: number) => 1 / (1 + Math.exp(-x));

it.each([1, 3, 4, 63, 4096, 4099])('grafts %i weights by σ(S)', (count) => {
  const [base, tau, logits] = [words(count, 1), words(count, 0.1), words(count, 250)];
  const theta = words(count + 1, 1);
  const after = theta[count];
  loops['graftWeights']!([base, tau, logits, new Uint32Array(1), theta], Uint32Array.of(count), {});
  const expected = Float32Array.from(floats(logits), (s, k) => {
    return floats(base)[k]! + sigma(s) * floats(tau)[k]!;
  });
  expected.forEach((value, k) => expect(floats(theta)[k]).toBeCloseTo(value, 6));
  expect(theta[count]).toBe(after);
});

it.each([1, 5, 64, 4097])('moves %i logits along g⊙τ and λ, and counts γ', (count) => {
  const [g, tau, logits] = [words(count, 0.01), words(count, 0.1), words(count, 12)];
  const [rate, factor, lambda] = [2e4, 0.5, 1e-5];
  const bins = new Uint32Array(gammaBins);
  const expected = Float64Array.from(floats(logits), (s, k) => {
    const x = floats(g)[k]! * floats(tau)[k]! * factor + lambda;
    return s - x * rate * sigma(s) * (1 - sigma(s));
  });
  const counted = new Uint32Array(gammaBins);
  expected.forEach((s) => counted[Math.max(0, Math.ceil(sigma(s) * gammaBins) - 1)]!++);
  const params = Uint32Array.from([count, ...[rate, factor, lambda, 0].map(floatBits)]);
  loops['logitStep']!([g, tau, new Uint32Array(1), logits, bins], params, {});
  expected.forEach((value, k) => expect(floats(logits)[k]).toBeCloseTo(value, 4));
  expect(bins).toEqual(counted);
});

it('leaves to the plain loop what is rare: l1 beside the step, and flips', () => {
  const logits = new Uint32Array(Float32Array.of(-5, 0.5).buffer);
  const [nothing, one] = [new Uint32Array(2), new Uint32Array(Float32Array.of(1, 1).buffer)];
  const bins = new Uint32Array(gammaBins);
  const params = Uint32Array.from([2, ...[1e7, 1, 0, 10].map(floatBits)]);
  loops['logitStep']!([nothing, one, nothing, logits, bins], params, {});
  // ∓10·σ′(S): σ′(−5) = 0.006648, σ′(0.5) = 0.235004
  expect(floats(logits)[0]).toBeCloseTo(-5.06648, 4);
  expect(floats(logits)[1]).toBeCloseTo(2.85004, 4);
  loops['graftWeights']!([nothing, one, logits, nothing, one], Uint32Array.of(2), {
    FORM: 1,
    ALONE: 1,
  });
  expect(floats(one)[1]).toBeCloseTo(sigma(2.85004 - 10), 6);
});
