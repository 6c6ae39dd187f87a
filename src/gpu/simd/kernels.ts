import bytes from './assembly/product.ts?wasm';

/** What assembly/product.ts exports; addresses and strides are bytes. */
export interface SimdKernels {
  scratchBytes: WebAssembly.Global<'i32'>;
  product(
    ...args: [
      ...[m: number, n: number, k: number],
      ...[a: number, rowOfA: number, columnOfA: number],
      ...[b: number, rowOfB: number, columnOfB: number],
      ...[c: number, rowOfC: number, accumulate: boolean, scratch: number],
    ]
  ): void;
}

/** The kernels at work in a memory, none of which is theirs but what they are told to use. */
export async function kernelsIn(memory: WebAssembly.Memory): Promise<SimdKernels> {
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
  return instance.exports as WebAssembly.Exports & SimdKernels;
}
