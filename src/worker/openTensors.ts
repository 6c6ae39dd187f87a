import { requestCompute } from '../gpu/requestCompute.ts';
import type { Tensors } from '../gpu/tensors.ts';

/** tfjs on this worker's device, or as WebAssembly; loaded when it is first needed. */
export async function loadTensors(): Promise<Tensors> {
  const [{ openTensors }, { wasmUrls }, compute] = await Promise.all([
    import('../gpu/tensors.ts'),
    import('./wasmUrls.ts'),
    requestCompute(),
  ]);
  return openTensors(compute, wasmUrls);
}
