import type { Compute } from '../gpu/compute.ts';
import { gammaBins } from '../gpu/kernels/logitStep.ts';

/** Positions by γ after each step, none at first, and what they say of the mask; `read` takes what was counted since. */
export async function createGammaBins(compute: Compute) {
  const buffer = await compute.buffer(gammaBins * 4);
  const notes: string[] = [];
  const live = { density: 0, histogram: new Array<number>(gammaBins).fill(0) };
  return {
    buffer,
    notes,
    live,
    async read() {
      const [words] = await compute.read([{ buffer, bytes: gammaBins * 4 }]);
      compute.clear(buffer);
      live.histogram = [...words!];
      const sum = (bins: number[]) => bins.reduce((a, b) => a + b, 0);
      live.density = sum(live.histogram.slice(gammaBins / 2)) / Math.max(1, sum(live.histogram));
      notes.length = 0;
      if (live.density === 0)
        notes.push(
          'The mask is empty: no position has σ(S) > ½. Try a smaller learning rate or penalty.',
        );
      if (live.density > 0.99)
        notes.push(
          'The mask is full: nearly every position has σ(S) > ½. Try a smaller learning rate.',
        );
    },
    free: () => compute.free(buffer),
  };
}
