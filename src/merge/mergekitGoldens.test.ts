import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { createCpuCompute } from '../gpu/cpu.ts';
import { parseRecipe } from '../recipe/parseRecipe.ts';
import { differences, merge, mergekitCases, open } from '../test/goldenMerge.ts';
import { mergekitForms } from './methods/registry.ts';

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

  test.each([
    [
      'a weight that no filter gives',
      { models: [{ model: 'a', parameters: { weight: [{ filter: 'query', value: 1 }] } }] },
      'The weight of a has no value in roberta.embeddings.word_embeddings.weight: no filter fits.',
    ],
    [
      'weights that add up to nothing in the last layer',
      {
        merge_method: 'linear',
        base_model: 'a',
        models: [
          { model: 'a', parameters: { weight: 1 } },
          { model: 'b', parameters: { weight: [1, -1] } },
        ],
      },
      'The weights (1, -1) must add up to other than 0 for a mean.',
    ],
    [
      'a drop that is no probability',
      {
        merge_method: 'della',
        models: [{ model: 'a', parameters: { weight: 1, density: 0.9 } }],
      },
      'density ± epsilon must lie between 0 and 1, and 0.9 ± 0.15 does not.',
    ],
    [
      'one model too many',
      {
        merge_method: 'nearswap',
        models: [{ model: 'a' }, { model: 'b' }],
        parameters: { t: 0.1 },
      },
      'NearSwap takes exactly 1 model, not 2.',
    ],
  ])('%s is refused', async (_, changes, message) => {
    const config = { merge_method: 'ties', compat: 'mergekit', base_model: 'base', ...changes };
    const recipe = parseRecipe(JSON.stringify(config), [], [], mergekitForms);
    const merging = merge(read, 'mergekit', recipe, createCpuCompute('test'), 96);
    await expect(merging).rejects.toMatchObject({
      kind: 'BadFile',
      message: expect.stringContaining(message),
    });
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
