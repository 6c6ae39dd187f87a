import { createCpuCompute } from './cpu.ts';
import { openTensors, type Tensors } from './tensors.ts';

/** tfjs on the wasm backend in Node, for scripts and tests. */
export function openNodeTensors(): Promise<Tensors> {
  return openTensors(
    createCpuCompute('Node'),
    new URL('../../node_modules/@tensorflow/tfjs-backend-wasm/dist/', import.meta.url).pathname,
  );
}
