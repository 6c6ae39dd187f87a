import type { TensorInfo } from '@tensorflow/tfjs';
import { bug } from '../../errors.ts';
import type { Tf } from '../tf.ts';
import { addressOf, type WasmBackend } from '../wasmBackend.ts';
import { kernelsIn } from './kernels.ts';

/**
 * Has the wasm backend's matMul done by the SIMD kernel in the backend's own memory: twice as fast as its own, and thirty
 * times where a factor is transposed.
 */
export async function multiplyBySimd(tf: Tf): Promise<void> {
  const { wasm } = tf.backend() as WasmBackend & ReturnType<Tf['backend']>;
  const { product, scratchBytes } = await kernelsIn(wasm.asm.memory);
  const scratch = wasm._malloc(scratchBytes.value) >>> 0;
  tf.unregisterKernel('BatchMatMul', 'wasm');
  tf.registerKernel({
    kernelName: 'BatchMatMul',
    backendName: 'wasm',
    kernelFunc({ inputs, attrs, backend }) {
      const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
      const wasm = backend as WasmBackend;
      const [m, k, rowA, columnA] = factor(a, attrs?.['transposeA']);
      const [inner, n, rowB, columnB] = factor(b, attrs?.['transposeB']);
      if (k !== inner || a.dtype !== 'float32' || b.dtype !== 'float32')
        throw bug(`matMul was given [${a.shape}] ${a.dtype} and [${b.shape}] ${b.dtype}.`);
      const [outerA, outerB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
      const outer = tf.broadcast_util.assertAndGetBroadcastShape(outerA, outerB);
      const [countA, countB, count] = [outerA, outerB, outer].map(tf.util.sizeFromShape);
      const out = wasm.makeOutput([...outer, m, n], 'float32');
      const [atA, atB, atC] = [a, b, out].map((each) => addressOf(wasm, each));
      for (let i = 0; i < count!; i++) {
        const fromA = atA! + (i % countA!) * 4 * m * k;
        const fromB = atB! + (i % countB!) * 4 * k * n;
        const to = atC! + i * 4 * m * n;
        product(m, n, k, fromA, rowA, columnA, fromB, rowB, columnB, to, 4 * n, false, scratch);
      }
      return out;
    },
  });
}

/** Rows and columns of the last two axes as a factor, and bytes from a row and a column to the next. */
function factor({ shape }: TensorInfo, transposed: unknown): [number, number, number, number] {
  const [rows = 0, columns = 0] = shape.slice(-2);
  return transposed ? [columns, rows, 4, 4 * columns] : [rows, columns, 4 * columns, 4];
}
