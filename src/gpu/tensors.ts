import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { AppError, bug } from '../errors.ts';
import type { Compute, ComputeBuffer } from './compute.ts';
import { countElements } from '../tensor/tensorIndex.ts';
import { borrowWords, createCpuCompute, wordsOf } from './cpu.ts';
import { mendWasm } from './mendWasm.ts';
import { openLogitLoops } from './simd/logits.ts';
import type { Tensor, Tf } from './tf.ts';

export interface BufferPart {
  from: number;
  shape: readonly number[];
}

/** tfjs, and the Compute whose buffers its tensors share. */
export interface Tensors {
  tf: Tf;
  backend: 'webgpu' | 'wasm';
  compute: Compute;
  /** A float32 tensor that reads a buffer: in place on WebGPU, where disposing it leaves the buffer alone; a copy elsewhere. */
  tensorOf(buffer: ComputeBuffer, shape: readonly number[]): Tensor;
  /** Copies of parts of a float32 buffer, each from its element `from` on. */
  partsOf(buffer: ComputeBuffer, parts: readonly BufferPart[]): Tensor[];
  /** The buffer of a tensor, for kernels to read until the tensor is disposed; all ops so far precede them. */
  bufferOf(tensor: Tensor): ComputeBuffer;
  /** Hands all ops so far to the device: needed before a buffer that they read is written or freed. */
  flush(): void;
  /** Bytes of tensors and of tfjs's buffer pool on the device. */
  bytes(): number;
  /** Frees every tensor and pooled buffer. */
  close(): void;
}

/** Where the wasm backend's binaries are: a folder ending in "/", or a URL for each. */
export type WasmPaths = string | Record<string, string>;

/**
 * Loads tfjs on the device of `compute`, or on the wasm backend where that has none or is a software adapter, which is
 * slower still; then `compute` of the result runs in memory too.
 */
export async function openTensors(
  compute: Compute,
  wasmPaths: WasmPaths,
  allowSoftware = false,
): Promise<Tensors> {
  const tf = await import('@tensorflow/tfjs');
  if (compute.device && (allowSoftware || !compute.software)) return onWebGpu(tf, compute);
  return onWasm(tf, wasmPaths);
}

async function onWebGpu(tf: Tf, compute: Compute): Promise<Tensors> {
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  const { device } = compute;
  if (!device) throw bug('This Compute has no device.');
  await useBackend(tf, 'webgpu', () => new WebGPUBackend(device.gpu, device.info));
  const backend = tf.backend() as WebGPUBackend;
  const flush = () => {
    if (!Reflect.get(backend, 'commandEncoder')) return;
    backend.endComputePassEncoder();
    backend.submitQueue();
  };
  const tensorOf: Tensors['tensorOf'] = (buffer, shape) =>
    tf.tensor({ buffer: device.bufferOf(buffer), zeroCopy: true }, [...shape], 'float32');
  return {
    tf,
    backend: 'webgpu',
    compute,
    tensorOf,
    partsOf(buffer, parts) {
      const whole = tensorOf(buffer, [buffer.bytes / 4]);
      const tensors = parts.map(({ from, shape }) =>
        tf.tidy(() => tf.reshape(tf.slice(whole, [from], [countElements({ shape })]), [...shape])),
      );
      flush();
      whole.dispose();
      return tensors;
    },
    bufferOf(tensor) {
      backend.uploadToGPU(tensor.dataId);
      flush();
      const { resource } = backend.tensorMap.get(tensor.dataId);
      return device.borrow(resource as GPUBuffer, tensor.size * 4);
    },
    flush,
    bytes: () => backend.bufferManager.numBytesAllocated,
    close: () => tf.removeBackend('webgpu'),
  };
}

async function onWasm(tf: Tf, wasmPaths: WasmPaths): Promise<Tensors> {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  if (tf.getBackend() !== 'wasm') {
    setWasmPaths(wasmPaths);
    if (!(await tf.setBackend('wasm')))
      throw new AppError('NoGpu', 'The WebAssembly backend did not start. Reload the page.');
    await mendWasm(tf);
  }
  const compute = createCpuCompute('WebAssembly on the CPU', await openLogitLoops());
  const copyOf = (buffer: ComputeBuffer, { from, shape }: BufferPart) => {
    const words = wordsOf(buffer);
    const at = words.byteOffset + 4 * from;
    return tf.tensor(new Float32Array(words.buffer, at, countElements({ shape })), [...shape]);
  };
  return {
    tf,
    backend: 'wasm',
    compute,
    tensorOf: (buffer, shape) => copyOf(buffer, { from: 0, shape }),
    partsOf: (buffer, parts) => parts.map((part) => copyOf(buffer, part)),
    bufferOf(tensor) {
      const { buffer, byteOffset, length } = tensor.dataSync<'float32'>();
      return borrowWords(new Uint32Array(buffer, byteOffset, length));
    },
    flush: () => undefined,
    bytes: () => tf.memory().numBytes,
    close: () => tf.disposeVariables(),
  };
}

async function useBackend(tf: Tf, name: string, create: () => WebGPUBackend): Promise<void> {
  // There is none after it was closed.
  if (tf.findBackendFactory(name)) tf.removeBackend(name);
  tf.registerBackend(name, create, 3);
  if (!(await tf.setBackend(name))) throw bug(`tfjs refused its ${name} backend.`);
}
