import { createCpuCompute } from './cpu.ts';
import { openTensors, type Tensors } from './tensors.ts';

/** tfjs on the wasm backend in Node, for scripts and tests; run from the project's folder. */
export function openNodeTensors(): Promise<Tensors> {
  return openTensors(
    createCpuCompute('Node'),
    `${process.cwd()}/node_modules/@tensorflow/tfjs-backend-wasm/dist/`,
  );
}
