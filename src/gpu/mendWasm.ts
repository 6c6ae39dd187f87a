import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs';
import type { Tf } from './tf.ts';

interface WasmBackend {
  makeOutput(shape: number[], dtype: string): TensorInfo;
  typedArrayFromHeap(tensor: TensorInfo): Float32Array;
  disposeData(dataId: object): boolean;
  incRef(dataId: object): void;
}

/**
 * Mends tfjs's wasm backend: its transposed matMul runs at a tenth of the speed of an explicit transpose before the plain
 * one, its sum over leading axes at a fifth of that of a plain loop; it copies what a tape keeps, and it lacks the kernel that
 * gather's gradient needs.
 */
export function mendWasm(tf: Tf): void {
  transposeBeforeMatMul(tf);
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
      const options = { transposeA: false, transposeB: false };
      const product = (a: TensorInfo, b: TensorInfo) =>
        plain.kernelFunc({ inputs: { a, b }, attrs: options, backend }) as TensorInfo;
      let result: TensorInfo;
      if (attrs?.['transposeB'] && !attrs['transposeA'] && isSmaller(inputs['a'], inputs['b'])) {
        const flipped = product(inputs['b'] as TensorInfo, turned(inputs['a'], true));
        result = turned(flipped, true);
        temporary[temporary.length - 1] = flipped;
      } else {
        const a = turned(inputs['a'], attrs?.['transposeA']);
        result = product(a, turned(inputs['b'], attrs?.['transposeB']));
      }
      temporary.forEach(({ dataId }) => (backend as WasmBackend).disposeData(dataId));
      return result;
    },
  });
}

/** Whether a·bᵀ is better had as (b·aᵀ)ᵀ, which turns a in place of b: matrices of few rows times a large table. */
function isSmaller(a: TensorInfo | undefined, b: TensorInfo | undefined): boolean {
  return a?.shape.length === 2 && b?.shape.length === 2 && 2 * a.shape[0]! <= b.shape[0]!;
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
