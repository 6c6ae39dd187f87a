import { expect, test } from 'vitest';
import type { Compute } from '../gpu/compute.ts';
import type { Tensors } from '../gpu/tensors.ts';
import { cases, differences, masksOf, merge, open, tally, type ReadGolden } from './goldenMerge.ts';

const stitches = cases.filter(({ recipe }) => recipe.merge_method === 'localize_and_stitch');

const resumed = [
  ['equal-steps', 'localize_and_stitch.base'],
  ['equal-steps', 'ties.base'],
  ['equal-steps', 'dare_linear.base'],
  ['equal-steps', 'breadcrumbs.base'],
  ['smooth', 'karcher.float32'],
  ['smooth', 'pcb_merging.float32'],
  ['matrices', 'iso_c.float32'],
] as const;

/** Compares what every golden recipe comes to on `compute` with numpy's results. */
export function testGoldens(
  read: ReadGolden,
  compute: () => Compute,
  tensors: () => Promise<Tensors>,
): void {
  test.each(cases)('$set $case equals numpy', async (golden) => {
    const expected = await open(read, golden.set, golden.case);
    const merged = await merge(read, golden.set, golden.recipe, compute(), 352, { tensors });
    const { plan, parts } = merged;
    expect((await differences(merged, expected)).slice(0, 5)).toEqual([]);
    const counted = tally(plan, parts);
    expect(plan.scope).toBe(golden.stats.parameters.scope);
    expect(counted.changed).toBe(golden.stats.parameters.changed);
    if (!['density', 'balance'].includes(plan.method.mask) && !plan.method.filters) return;
    expect(counted.kept).toEqual(golden.stats.kept);
    expect(counted.intersections).toEqual(golden.stats.intersections);
    expect(counted.owners).toEqual(golden.stats.owners);
  });

  test.each(stitches)('$set $case comes out equal from masks that are given', async (golden) => {
    const expected = await open(read, golden.set, golden.case);
    const found = masksOf(await merge(read, golden.set, golden.recipe, compute(), 352));
    const models = golden.recipe.models.map((model) => ({
      ...model,
      parameters: { ...model.parameters, density: 0 },
    }));
    const all = await merge(read, golden.set, { ...golden.recipe, models }, compute(), 96, {
      masks: found,
    });
    expect((await differences(all, expected)).slice(0, 5)).toEqual([]);
    const [first = null, second = null] = found;
    const masks = [first, second, null];
    const [a, b, c] = models;
    const some = { ...golden.recipe, models: [a!, b!, golden.recipe.models[2] ?? c!] };
    const mixed = await merge(read, golden.set, some, compute(), 352, { masks });
    expect((await differences(mixed, expected)).slice(0, 5)).toEqual([]);
    expect(tally(mixed.plan, mixed.parts).kept).toEqual(golden.stats.kept);
  });

  test.each(resumed)('%s %s goes on as if never cut', async (set, name) => {
    const { recipe } = cases.find((each) => each.set === set && each.case === name)!;
    const whole = await merge(read, set, recipe, compute(), 32);
    for (const cutAfter of [1, 4]) {
      const resumed = await merge(read, set, recipe, compute(), 32, { cutAfter });
      expect(resumed.reached).toBeGreaterThanOrEqual(cutAfter);
      expect(resumed.reached).toBeLessThan(whole.parts.length);
      expect(resumed.parts).toEqual(whole.parts);
    }
  });
}
