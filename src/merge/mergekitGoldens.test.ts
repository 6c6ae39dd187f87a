import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { createCpuCompute } from '../gpu/cpu.ts';
import { differences, merge, mergekitCases, open } from './goldenMerge.ts';

const read = async (set: string, name: string) => {
  const path = new URL(`./goldens/${set}/${name}.safetensors`, import.meta.url);
  return new Uint8Array(await readFile(path));
};

describe('what mergekit comes to, on the CPU', () => {
  test.each(mergekitCases)('$case', async ({ case: name, recipe }) => {
    const expected = await open(read, 'mergekit', name);
    const merged = await merge(read, 'mergekit', recipe, createCpuCompute('test'), 96);
    expect((await differences(merged, expected)).slice(0, 5)).toEqual([]);
  });

  test.each(['ties', 'dare_ties', 'breadcrumbs'])('%s goes on as if never cut', async (name) => {
    const { recipe } = mergekitCases.find((each) => each.case === name)!;
    const compute = createCpuCompute('test');
    const whole = await merge(read, 'mergekit', recipe, compute, 96);
    for (const cutAfter of [1, 5, 12]) {
      const resumed = await merge(read, 'mergekit', recipe, compute, 96, { cutAfter });
      expect(resumed.reached).toBeGreaterThanOrEqual(cutAfter);
      expect(resumed.parts).toEqual(whole.parts);
    }
  });
});
