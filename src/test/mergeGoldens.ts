import { expect, test } from 'vitest';
import type { Compute } from '../gpu/compute.ts';
import type { Tensors } from '../gpu/tensors.ts';
import {
  cases,
  differences,
  masksOf,
  merge,
  open,
  tally,
  type Golden,
  type ReadGolden,
} from './goldenMerge.ts';

/** Golden recipes to merge, to stitch from masks that are given, and to cut off. */
export interface ChosenGoldens {
  merges: readonly Golden[];
  stitches: readonly Golden[];
  resumed: readonly Golden[];
}

const named = (...names: string[]): Golden[] =>
  names.map((name) => cases.find((golden) => name === `${golden.set}/${golden.case}`)!);

/** All of them. */
export const allGoldens: ChosenGoldens = {
  merges: cases,
  stitches: cases.filter(({ recipe }) => recipe.merge_method === 'localize_and_stitch'),
  resumed: named(
    'equal-steps/localize_and_stitch.base',
    'equal-steps/ties.base',
    'equal-steps/dare_linear.base',
    'equal-steps/breadcrumbs.base',
    'smooth/karcher.float32',
    'smooth/pcb_merging.float32',
    'matrices/iso_c.float32',
  ),
};

/** As few as use tfjs, every kernel with its constants, and every kernel with each mix of dtypes, as all of them do. */
export const goldensOfKernels: ChosenGoldens = {
  merges: named(
    'equal-steps/consensus_ta.base',
    'equal-steps/dare_ties.base',
    'equal-steps/pcb_merging.float32',
    'f16/linear.base',
    'f16/ties.base',
    'f32/breadcrumbs.base',
    'f32/consensus_ta.base',
    'f32/localize_and_stitch.base',
    'f32/magmax.base',
    'matrices/tsv_merge.float32',
    'matrices/wudi.float32',
    'mixed/consensus_ties.float16',
    'mixed/localize_and_stitch.base',
    'mixed/pcb_merging-two.float32',
    'smooth/dare_linear-l1.float32',
    'smooth/model_stock.float32',
    'smooth/slerp.float32',
  ),
  stitches: named('mixed/localize_and_stitch.base'),
  resumed: named('equal-steps/ties.base'),
};

/** Compares what golden recipes come to on `compute`, one of each recipe's, with numpy's results. */
export function testGoldens(
  { merges, stitches, resumed }: ChosenGoldens,
  read: ReadGolden,
  compute: (golden: Golden) => Compute,
  tensors?: () => Promise<Tensors>,
): void {
  test.each(merges)('$set $case equals numpy', async (golden) => {
    const expected = await open(read, golden.set, golden.case);
    const merged = await merge(read, golden.set, golden.recipe, compute(golden), 352, {
      ...(tensors && { tensors }),
    });
    const { plan, parts } = merged;
    expect((await differences(merged, expected)).slice(0, 5)).toEqual([]);
    const counted = tally(plan, parts);
    const { total, scope } = golden.stats.parameters;
    expect(plan).toMatchObject({ total, scope });
    expect(counted.changed).toBe(golden.stats.parameters.changed);
    if (!['density', 'balance'].includes(plan.method.mask) && !plan.method.filters) return;
    expect(counted.kept).toEqual(golden.stats.kept);
    expect(counted.intersections).toEqual(golden.stats.intersections);
    expect(counted.owners).toEqual(golden.stats.owners);
  });

  test.each(stitches)('$set $case comes out equal from masks that are given', async (golden) => {
    const expected = await open(read, golden.set, golden.case);
    const found = masksOf(await merge(read, golden.set, golden.recipe, compute(golden), 352));
    const models = golden.recipe.models.map((model) => ({
      ...model,
      parameters: { ...model.parameters, density: 0 },
    }));
    const all = await merge(read, golden.set, { ...golden.recipe, models }, compute(golden), 96, {
      masks: found,
    });
    expect((await differences(all, expected)).slice(0, 5)).toEqual([]);
    const [first = null, second = null] = found;
    const masks = [first, second, null];
    const [a, b, c] = models;
    const some = { ...golden.recipe, models: [a!, b!, golden.recipe.models[2] ?? c!] };
    const mixed = await merge(read, golden.set, some, compute(golden), 352, { masks });
    expect((await differences(mixed, expected)).slice(0, 5)).toEqual([]);
    expect(tally(mixed.plan, mixed.parts).kept).toEqual(golden.stats.kept);
  });

  test.each(resumed)('$set $case goes on as if never cut', async (golden) => {
    const { set, recipe } = golden;
    const whole = await merge(read, set, recipe, compute(golden), 32);
    for (const cutAfter of [1, 4]) {
      const resumed = await merge(read, set, recipe, compute(golden), 32, { cutAfter });
      expect(resumed.reached).toBeGreaterThanOrEqual(cutAfter);
      expect(resumed.reached).toBeLessThan(whole.parts.length);
      expect(resumed.parts).toEqual(whole.parts);
    }
  });
}
