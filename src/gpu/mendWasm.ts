import type { NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs';
import { multiplyBySimd } from './simd/matMul.ts';
import type { Tf } from './tf.ts';
import type { WasmBackend } from './wasmBackend.ts';

/**
 * Mends tfjs's wasm backend: its matMul is slow, its sum over leading axes runs at a fifth of the speed of a plain loop; it
 * copies what a tape keeps, and it lacks the kernel that gather's gradient needs.
 */
export async function mendWasm(tf: Tf): Promise<void> {
  await multiplyBySimd(tf);
  sumRows(tf);
  shareIdentity(tf);
  addSegmentSum(tf);
}

/** Sums of float32 over the leading axes alone, such as those that a bias's gradient takes. */
function sumRows(tf: Tf): void {
  const plain = tf.getKernel('Sum', 'wasm');
  if (!plain) return;
  tf.unregisterKernel('Sum', 'wasm');
  tf.registerKernel({
    ...plain,
    kernelFunc(args) {
      const { x } = args.inputs as NamedTensorInfoMap & Record<string, TensorInfo>;
      const axes = [args.attrs?.['axis'] as number | number[]].flat();
      const leading = axes.length > 0 && axes.every((axis, i) => axis === i);
      if (!x || x.dtype !== 'float32' || !leading || axes.length >= x.shape.length)
        return plain.kernelFunc(args);
      const wasm = args.backend as WasmBackend;
      const rest = x.shape.slice(axes.length);
      const kept = args.attrs?.['keepDims'] ? axes.map(() => 1) : [];
      const out = wasm.makeOutput([...kept, ...rest], 'float32');
      const [from, to] = [wasm.typedArrayFromHeap(x), wasm.typedArrayFromHeap(out)];
      const width = rest.reduce((a, b) => a * b, 1);
      const sums = new Float64Array(width);
      for (let at = 0; at < from.length; at += width)
        for (let k = 0; k < width; k++) sums[k]! += from[at + k]!;
      to.set(sums);
      return out;
    },
  });
}

/** No kernel writes into its inputs, so that a clone can stand on the same data. */
function shareIdentity(tf: Tf): void {
  const plain = tf.getKernel('Identity', 'wasm');
  if (!plain) return;
  tf.unregisterKernel('Identity', 'wasm');
  tf.registerKernel({
    ...plain,
    kernelFunc(args) {
      const { x } = args.inputs as NamedTensorInfoMap & Record<string, TensorInfo>;
      if (!x || x.dtype === 'string') return plain.kernelFunc(args);
      (args.backend as WasmBackend).incRef(x.dataId);
      return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
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
