import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { Compute } from '../gpu/compute.ts';
import { createCpuCompute } from '../gpu/cpu.ts';
import type { Golden } from '../test/goldenMerge.ts';
import { allGoldens, goldensOfKernels, testGoldens } from '../test/mergeGoldens.ts';

/** Kernels that a recipe has used with these constants, and with these dtypes. */
const used = new Map<Golden, Set<string>>();

function recording(golden: Golden): Compute {
  const compute = createCpuCompute('test');
  const { dispatch } = compute;
  const kernels = used.get(golden) ?? new Set();
  used.set(golden, kernels);
  compute.dispatch = (given) => {
    const { DTYPES, ...constants } = given.constants ?? {};
    kernels.add(`${given.kernel.id} ${JSON.stringify(constants)}`);
    kernels.add(`${given.kernel.id} of dtypes ${DTYPES}`);
    return dispatch(given);
  };
  return compute;
}

describe('on the CPU', { timeout: 60_000 }, () => {
  testGoldens(
    allGoldens,
    async (set, name) => {
      const path = new URL(`./goldens/${set}/${name}.safetensors`, import.meta.url);
      return new Uint8Array(await readFile(path));
    },
    recording,
  );

  test('those chosen for the GPU use every kernel as all of them do', () => {
    const kernelsOf = (goldens: readonly Golden[]) =>
      new Set(goldens.flatMap((golden) => [...(used.get(golden) ?? [])]));
    expect(kernelsOf(goldensOfKernels.merges)).toEqual(kernelsOf(allGoldens.merges));
  });
});
