import { expect, test } from 'vitest';
import { floatBits } from '../../tensor/float.ts';
import { createCpuCompute } from '../cpu.ts';
import { floats } from './floats.ts';
import { gammaBins, logitStep } from './logitStep.ts';
import { runKernel } from '../../test/runKernel.ts';

/** Ten steps at a learning rate of 1e7 and an l1 of 10. */
async function tenSteps(start: number[], gradient: number[]): Promise<number[]> {
  const words = (values: number[]) => new Uint32Array(Float32Array.from(values).buffer);
  let logits: Uint32Array = words(start);
  for (let step = 0; step < 10; step++) {
    const tau = words(start.map(() => 1));
    const data = [words(gradient), tau, new Uint32Array(1), logits, new Uint32Array(gammaBins)];
    const params = [start.length, ...[1e7, 1, 0, 10].map(floatBits)];
    const compute = createCpuCompute('test');
    [logits = logits] = await runKernel(compute, logitStep, data, params, start.length);
  }
  return [...floats(logits)];
}

test('l1 alone pushes logits away from 0, and 0 down', async () => {
  const start = [-5, 0.5, 0, -0, 5];
  const found = await tenSteps(start, [0, 0, 0, 0, 0]);
  [-5.5214, 4.7294, -4.6934, -4.6934, 5.5214].forEach((wanted, k) =>
    expect(found[k]).toBeCloseTo(wanted, 3),
  );
});

test('l1 is added to the step of the gradient, and not times the learning rate', async () => {
  const found = await tenSteps([-5, 0.5], [-2e-6, 2e-6]);
  // S ← S ∓ 10·σ′(S) from −5, then as far as σ′ lets it: 20·σ′(S) up against 10·σ′(S) down.
  [-4.0089, -6.1435].forEach((wanted, k) => expect(found[k]).toBeCloseTo(wanted, 3));
});
