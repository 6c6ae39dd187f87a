/** Invocations of a workgroup of every kernel, along x. */
export const workgroupSize = 64;

/** One WGSL shader with its plain reference; `reference` serves tests and the CPU fallback. */
export interface Kernel {
  id: string;
  /** Complete source; entry point `main`; bindings are the buffers in order, then the uniform params. */
  wgsl: string;
  /** Access of each buffer, in binding order. */
  access: readonly ('read' | 'write')[];
  /** Does what one dispatch of `threads` × `rows` invocations does. */
  reference(buffers: readonly Uint32Array[], params: Uint32Array, constants: Constants): void;
}

/** Values of a shader's `override` constants; booleans are 0 or 1. */
export type Constants = Readonly<Record<string, number>>;

/** A block of 32-bit words, on the GPU or in memory. */
export interface ComputeBuffer {
  readonly bytes: number;
}

export interface Dispatch {
  kernel: Kernel;
  constants?: Constants;
  buffers: readonly ComputeBuffer[];
  params: Uint32Array<ArrayBuffer>;
  /** Invocations along x (rounded up to whole workgroups) and along y. */
  threads: number;
  rows?: number;
}

/** Runs kernels in order: on a GPUDevice, or as their references on the CPU. */
export interface Compute {
  readonly kind: 'webgpu' | 'cpu';
  /** Adapter name, or why there is none. */
  readonly adapter: string;
  readonly software: boolean;
  /** A zeroed buffer; throws QuotaFull when memory does not suffice. */
  buffer(bytes: number): Promise<ComputeBuffer>;
  /** A buffer of these words, which are lost to the caller; throws as `buffer`. */
  adopt(words: Uint32Array<ArrayBuffer>): Promise<ComputeBuffer>;
  write(buffer: ComputeBuffer, offsetBytes: number, data: Uint8Array<ArrayBuffer>): void;
  clear(buffer: ComputeBuffer): void;
  /** Copies `bytes`, from where `at` says or the beginnings; all are multiples of 4. */
  copy(
    from: ComputeBuffer,
    to: ComputeBuffer,
    bytes: number,
    at?: { from?: number; to?: number },
  ): void;
  dispatch(dispatch: Dispatch): Promise<void>;
  /** The first `bytes` of each buffer once all work enqueued so far is done; throws DeviceLost. */
  read(
    ranges: readonly { buffer: ComputeBuffer; bytes: number }[],
  ): Promise<Uint32Array<ArrayBuffer>[]>;
  /** As `read`, but good only until one of the buffers is written: on the CPU nothing is copied. */
  view(
    ranges: readonly { buffer: ComputeBuffer; bytes: number }[],
  ): Promise<Uint32Array<ArrayBuffer>[]>;
  free(buffer: ComputeBuffer): void;
  /** Content of a buffer, which is freed. */
  take(buffer: ComputeBuffer): Promise<Uint32Array<ArrayBuffer>>;
  /** Number of buffers not yet freed. */
  readonly liveBuffers: number;
  /** Bytes of the buffers not yet freed. */
  readonly liveBytes: number;
  /** Most bytes of one buffer that a kernel can read or write. */
  readonly maxBufferBytes: number;
  /** The device, and its buffers as ComputeBuffers and back; null on the CPU. */
  readonly device: {
    gpu: GPUDevice;
    info: GPUAdapterInfo;
    bufferOf(buffer: ComputeBuffer): GPUBuffer;
    borrow(gpu: GPUBuffer, bytes: number): ComputeBuffer;
  } | null;
}
