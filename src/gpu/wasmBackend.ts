import type { TensorInfo } from '@tensorflow/tfjs';

/** What is used here of tfjs's wasm backend. */
export interface WasmBackend {
  makeOutput(shape: number[], dtype: string): TensorInfo;
  typedArrayFromHeap(tensor: TensorInfo): Float32Array;
  getMemoryOffset(dataId: object): number;
  disposeData(dataId: object): boolean;
  incRef(dataId: object): void;
  /** The module by emscripten. */
  wasm: { asm: { memory: WebAssembly.Memory }; _malloc(bytes: number): number };
}

/** The address of a tensor's values: from 2 GiB on the backend's own are negative. */
export const addressOf = (wasm: WasmBackend, { dataId }: TensorInfo): number =>
  wasm.getMemoryOffset(dataId) >>> 0;
