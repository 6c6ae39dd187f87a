import adamBytes from './assembly/adam.ts?wasm';
import productBytes from './assembly/doubleProduct.ts?wasm';
import inverseIterationBytes from './assembly/inverseIteration.ts?wasm';
import tridiagonaliseBytes from './assembly/tridiagonalise.ts?wasm';
import { kernelsIn, type SimdKernels } from './kernels.ts';

/** What assembly/tridiagonalise.ts exports; addresses are bytes. */
interface Tridiagonaliser {
  scratchBytes(n: number): number;
  tridiagonalise(
    n: number,
    ...addresses: [a: number, diagonal: number, off: number, tau: number, scratch: number]
  ): void;
}

/** What assembly/inverseIteration.ts exports; addresses are bytes. */
interface InverseIterator {
  scratchBytes(n: number): number;
  inverseIteration(
    ...args: [
      ...[n: number, diagonal: number, off: number, value: number, least: number],
      ...[x: number, steps: number, scratch: number],
    ]
  ): number;
}

/** What assembly/adam.ts exports; addresses are bytes. */
interface Adam {
  adam(
    ...args: [
      ...[count: number, gradient: number, theta: number, m: number, v: number, rate: number],
      ...[beta1: number, beta2: number, epsilon: number, c1: number, c2: number],
    ]
  ): void;
}

/** What whole matrices are worked on with in a memory; `doubles` are products of float64. */
export async function matrixKernelsIn(memory: WebAssembly.Memory) {
  const open = async (bytes: Uint8Array<ArrayBuffer>) =>
    (await WebAssembly.instantiate(bytes, { env: { memory } })).instance.exports;
  return {
    singles: await kernelsIn(memory),
    doubles: (await open(productBytes)) as WebAssembly.Exports & SimdKernels,
    reduction: (await open(tridiagonaliseBytes)) as WebAssembly.Exports & Tridiagonaliser,
    iteration: (await open(inverseIterationBytes)) as WebAssembly.Exports & InverseIterator,
    adam: (await open(adamBytes)) as WebAssembly.Exports & Adam,
  };
}
