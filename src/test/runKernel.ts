import { vi } from 'vitest';
import type { Compute, Constants, Kernel } from '../gpu/compute.ts';
import { createCpuCompute } from '../gpu/cpu.ts';

type Run = [
  kernel: Kernel,
  /** Content of the buffers, in binding order. */
  data: readonly Uint32Array[],
  params: readonly number[],
  threads: number,
  constants?: Constants,
  rows?: number,
];

/** What the written buffers hold after one dispatch of a kernel. */
export async function runKernel(
  compute: Compute,
  ...[kernel, data, params, threads, constants = {}, rows = 1]: Run
): Promise<Uint32Array[]> {
  const buffers = await Promise.all(data.map((words) => compute.buffer(words.byteLength)));
  data.forEach((words, i) =>
    compute.write(buffers[i]!, 0, new Uint8Array(words.slice().buffer as ArrayBuffer)),
  );
  const padded = new Uint32Array(Math.ceil(params.length / 4) * 4);
  padded.set(params);
  await compute.dispatch({ kernel, constants, buffers, params: padded, threads, rows });
  const written = buffers.filter((_, i) => kernel.access[i] === 'write');
  const result = await compute.read(written.map((buffer) => ({ buffer, bytes: buffer.bytes })));
  buffers.forEach((buffer) => compute.free(buffer));
  return result;
}

/** The same on the GPU, and by the kernel's reference. */
export async function runBoth(gpu: Compute, ...run: Run) {
  const expected = await runKernel(createCpuCompute('test'), ...run);
  return { actual: await runKernel(gpu, ...run), expected };
}

/** Ends rows of workgroups at 8 where a device ends them at 65,535, so that small arrays take several of them too. */
export function foldWorkgroups(): void {
  const { prototype } = GPUComputePassEncoder;
  const { dispatchWorkgroups } = prototype;
  vi.spyOn(prototype, 'dispatchWorkgroups').mockImplementation(function (
    this: GPUComputePassEncoder,
    x,
    y = 1,
    z,
  ) {
    const folded = y === 1 ? [Math.min(x, 8), Math.ceil(x / 8)] : [x, y];
    dispatchWorkgroups.call(this, folded[0]!, folded[1], z);
  });
}
