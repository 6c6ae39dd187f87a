import { createCpuCompute } from '../gpu/cpu.ts';
import { openTensors, type Tensors } from '../gpu/tensors.ts';

/** tfjs on the wasm backend in Node. */
export function openNodeTensors(): Promise<Tensors> {
  return openTensors(
    createCpuCompute('Node'),
    new URL('../../node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url).pathname,
  );
}
