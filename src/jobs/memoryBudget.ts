import { unsupported } from '../errors.ts';
import { requestCompute } from './requestCompute.ts';
import type { Tensors } from '../gpu/tensors.ts';
import { choose, chosen } from '../storage/settings.ts';
import type { MemoryBudget } from '../api/status.ts';

type Backend = Tensors['backend'];

const GiB = 2 ** 30;

/** Smaller budgets hold no block of any model worth streaming. */
const fewestBytes = 0.1e9;

/** Of WebAssembly's heap of at most 4 GiB, what may hold weights at most. */
const mostOfWasm = 2 * GiB;

/** Bytes of weights and mask state that may stay on the device: those chosen, else the automatic ones. */
export async function memoryBudget({ backend }: Pick<Tensors, 'backend'>): Promise<number> {
  return bytesOf(backend, await chosen<number>('memoryBudget'));
}

/** The budget as the page shows it. */
export async function budgetInfo(): Promise<MemoryBudget> {
  const { device, software } = await requestCompute();
  const backend = device && !software ? 'webgpu' : 'wasm';
  const own = await chosen<number>('memoryBudget');
  return { bytes: bytesOf(backend, own), automatic: automaticBytes(backend), chosen: own };
}

/** Keeps a budget for later runs, null for automatic; throws Unsupported below 0.1 GB. */
export async function setMemoryBudget(bytes: number | null): Promise<void> {
  if (bytes !== null && !(Number.isSafeInteger(bytes) && bytes >= fewestBytes))
    throw unsupported(
      `A memory budget of ${bytes} bytes is too small. Give at least 0.1 GB, or leave it automatic.`,
    );
  await choose('memoryBudget', bytes);
}

function bytesOf(backend: Backend, chosen: number | null): number {
  if (chosen === null) return automaticBytes(backend);
  return backend === 'wasm' ? Math.min(chosen, mostOfWasm) : chosen;
}

/**
 * Half of the machine's memory as the browser tells it (at most 8 GiB, in steps); of WebAssembly's heap of at most 4 GiB,
 * one.
 */
function automaticBytes(backend: Backend): number {
  if (backend === 'wasm') return GiB;
  const told: unknown = Reflect.get(navigator, 'deviceMemory');
  return (typeof told === 'number' ? told / 2 : 2) * GiB;
}
