import { requestCompute } from '../gpu/requestCompute.ts';
import type { Tensors } from '../gpu/tensors.ts';

const GiB = 2 ** 30;

/** tfjs on this worker's device, or as WebAssembly; loaded when it is first needed. */
export async function loadTensors(): Promise<Tensors> {
  const [{ openTensors }, { wasmUrls }, compute] = await Promise.all([
    import('../gpu/tensors.ts'),
    import('./wasmUrls.ts'),
    requestCompute(),
  ]);
  return openTensors(compute, wasmUrls);
}

/**
 * Bytes of weights and mask state that may stay on the device: half of the machine's memory as the browser tells it (at most 8
 * GiB, in steps); of WebAssembly's heap of at most 4 GiB, one.
 */
export function memoryBudget({ backend }: Pick<Tensors, 'backend'>): number {
  if (backend === 'wasm') return GiB;
  const told: unknown = Reflect.get(navigator, 'deviceMemory');
  return (typeof told === 'number' ? told / 2 : 2) * GiB;
}
