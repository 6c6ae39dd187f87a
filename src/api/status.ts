/** Automatic is the GPU where its adapter is hardware. */
export type EngineChoice = 'automatic' | 'gpu' | 'cpu';

/** Where the arithmetic runs. */
export interface EngineStatus {
  kind: 'webgpu' | 'cpu';
  /** Adapter name, or why none is used. */
  adapter: string;
  /** A software adapter: correct, but slow. */
  software: boolean;
  choice: EngineChoice;
  /** Whether there is a GPU to choose, software or not. */
  hasGpu: boolean;
  /** Where masks are found with data: on the CPU, as WebAssembly, where the GPU is a software one. */
  localizing: 'webgpu' | 'wasm';
  storage: { usedBytes: number; quotaBytes: number };
}

/** Bytes of weights and mask state that may stay on the device; what does not fit streams from storage. */
export interface MemoryBudget {
  /** What the next run goes by. */
  bytes: number;
  /** What it goes by when nothing is chosen. */
  automatic: number;
  chosen: number | null;
}
