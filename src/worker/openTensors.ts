import { requestCompute } from '../gpu/requestCompute.ts';
import type { Tensors } from '../gpu/tensors.ts';

/** tfjs on this worker's device, or as WebAssembly; loaded when it is first needed. */
export async function loadTensors(): Promise<Tensors> {
  const [{ openTensors }, { wasmPaths }, compute] = await Promise.all([
    import('../gpu/tensors.ts'),
    import('../gpu/wasmPaths.ts'),
    requestCompute(),
  ]);
  return openTensors(compute, wasmPaths);
}
