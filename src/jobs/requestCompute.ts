import { AppError } from '../errors.ts';
import type { EngineChoice } from '../api/status.ts';
import type { Compute } from '../gpu/compute.ts';
import { createCpuCompute } from '../gpu/cpu.ts';
import { requestWebGpu } from '../gpu/webgpu.ts';
import { choose, chosen } from '../storage/settings.ts';

let current: Promise<Compute> | null = null;
let hasLeft = false;

/**
 * The one Compute of this worker, as chosen; automatic is WebGPU where its adapter is hardware, and else the CPU, because a
 * software adapter is the CPU by a longer way. A new one after the device was lost.
 */
export function requestCompute(): Promise<Compute> {
  current ??= create();
  return current;
}

/** Keeps a choice for later work; a stage of a run that has begun ends where it is. */
export async function setEngine(choice: EngineChoice): Promise<void> {
  await choose('engine', choice === 'automatic' ? null : choice);
  hasLeft = false;
  current = null;
}

/** Goes to the CPU for this visit, or until another choice. */
export function leaveGpu(): void {
  hasLeft = true;
  current = null;
}

/** What is chosen. */
export async function chosenEngine(): Promise<EngineChoice> {
  return (await chosen<EngineChoice>('engine')) ?? 'automatic';
}

async function create(): Promise<Compute> {
  try {
    const choice = await chosenEngine();
    if (choice === 'cpu') return createCpuCompute('as chosen');
    if (hasLeft) return createCpuCompute('the GPU was lost twice');
    const compute = await requestWebGpu(choice === 'gpu');
    void compute.lost.then(() => (current = null));
    return compute;
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.kind === 'NoGpu')
      return createCpuCompute(thrown.message);
    current = null;
    throw thrown;
  }
}
