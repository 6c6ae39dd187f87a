import type { Compute } from '../gpu/compute.ts';
import { createCpuCompute } from '../gpu/cpu.ts';
import { requestCompute } from './requestCompute.ts';
import type { Tensors } from '../gpu/tensors.ts';

/** tfjs as those who asked for it share it, on the device it was loaded on. */
let shared: { compute: Compute; opened: Promise<Tensors>; users: number } | null = null;

/**
 * tfjs on this worker's device, or as WebAssembly; loaded when it is first needed, and shared until every user has closed it,
 * or the device was lost.
 */
export async function loadTensors(): Promise<Tensors> {
  const compute = await requestCompute();
  if (shared?.compute !== compute) shared = { compute, opened: openOn(compute), users: 0 };
  const use = shared;
  use.users++;
  try {
    const tensors = await use.opened;
    return { ...tensors, close: once(() => leave(use, tensors)) };
  } catch (thrown) {
    if (shared === use) shared = null;
    throw thrown;
  }
}

/** Closing what a lost device left behind would take the backend of its successor along. */
function leave(use: NonNullable<typeof shared>, tensors: Tensors): void {
  if (--use.users > 0 || shared !== use) return;
  shared = null;
  tensors.close();
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}

/** tfjs as WebAssembly, for a thread of its own. */
export const openOnCpu = () => openOn(createCpuCompute(''));

async function openOn(compute: Compute): Promise<Tensors> {
  const [{ openTensors }, { wasmPaths }] = await Promise.all([
    import('../gpu/tensors.ts'),
    import('../gpu/wasmPaths.ts'),
  ]);
  return openTensors(compute, wasmPaths);
}
