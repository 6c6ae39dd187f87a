import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs';
import type { Tf } from './tensors.ts';

interface WasmBackend {
  makeOutput(shape: number[], dtype: string): TensorInfo;
  typedArrayFromHeap(tensor: TensorInfo): Float32Array;
  disposeData(dataId: object): boolean;
}

/**
 * Mends tfjs's wasm backend: its transposed matMul runs at a tenth of the speed of an explicit transpose before the plain
 * one, and it lacks the kernel that gather's gradient needs.
 */
export function mendWasm(tf: Tf): void {
  transposeBeforeMatMul(tf);
  addSegmentSum(tf);
}

function transposeBeforeMatMul(tf: Tf): void {
  const plain = tf.getKernel('BatchMatMul', 'wasm');
  const transpose = tf.getKernel('Transpose', 'wasm');
  if (!plain || !transpose) return;
  tf.unregisterKernel('BatchMatMul', 'wasm');
  tf.registerKernel({
    ...plain,
    kernelFunc({ inputs, attrs, backend }) {
      const temporary: TensorInfo[] = [];
      const turned = (x: TensorInfo | undefined, flag: unknown): TensorInfo => {
        if (!x || !flag) return x as TensorInfo;
        const perm = x.shape.map((_, i) => i);
        perm.push(...perm.splice(-2).reverse());
        const attrs = { perm } as NamedAttrMap;
        const y = transpose.kernelFunc({ inputs: { x }, attrs, backend }) as TensorInfo;
        temporary.push(y);
        return y;
      };
      const a = turned(inputs['a'], attrs?.['transposeA']);
      const b = turned(inputs['b'], attrs?.['transposeB']);
      const options = { transposeA: false, transposeB: false };
      const result = plain.kernelFunc({ inputs: { a, b }, attrs: options, backend });
      temporary.forEach(({ dataId }) => (backend as WasmBackend).disposeData(dataId));
      return result;
    },
  });
}

function addSegmentSum(tf: Tf): void {
  if (tf.getKernel('UnsortedSegmentSum', 'wasm')) return;
  tf.registerKernel({
    kernelName: 'UnsortedSegmentSum',
    backendName: 'wasm',
    kernelFunc({ inputs, attrs, backend }) {
      const { x, segmentIds } = inputs as NamedTensorInfoMap & Record<string, TensorInfo>;
      const rows = Number(attrs?.['numSegments']);
      const wasm = backend as WasmBackend;
      if (!x || !segmentIds) throw new Error('UnsortedSegmentSum lacks an input.');
      const out = wasm.makeOutput([rows, ...x.shape.slice(1)], x.dtype);
      const [from, ids, to] = [x, segmentIds, out].map((each) => wasm.typedArrayFromHeap(each));
      const width = x.shape.slice(1).reduce((a, b) => a * b, 1);
      to!.fill(0);
      for (let i = 0; i < ids!.length; i++) {
        const at = ids![i]! * width;
        for (let k = 0; k < width; k++) to![at + k]! += from![i * width + k]!;
      }
      return out;
    },
  });
}
