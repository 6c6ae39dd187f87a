import { AppError } from '../errors.ts';
import type { Compute } from './compute.ts';
import { createCpuCompute } from './cpu.ts';
import { requestWebGpu } from './webgpu.ts';

let current: Promise<Compute> | null = null;

/** The one Compute of this worker: WebGPU, or the CPU where there is none; a new one after the device was lost. */
export function requestCompute(): Promise<Compute> {
  current ??= create();
  return current;
}

async function create(): Promise<Compute> {
  try {
    const compute = await requestWebGpu();
    void compute.lost.then(() => (current = null));
    return compute;
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.kind === 'NoGpu')
      return createCpuCompute(thrown.message);
    current = null;
    throw thrown;
  }
}
