import { bug } from '../errors.ts';
import type { NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs';
import { addSimdLayers } from './simd/layers.ts';
import type { Tf } from './tf.ts';
import type { WasmBackend } from './wasmBackend.ts';

/**
 * Mends tfjs's wasm backend: its matMul and its sums over leading axes are slow; it copies what a tape keeps, gathers rows value
 * by value, and lacks the kernel that gather's gradient needs.
 */
export async function mendWasm(tf: Tf): Promise<void> {
  if (tf.getKernel('UnsortedSegmentSum', 'wasm')) return;
  await addSimdLayers(tf);
  shareIdentity(tf);
  gatherRows(tf);
  addSegmentSum(tf);
}

/** Rows of a float32 table, each in one piece. */
function gatherRows(tf: Tf): void {
  const plain = tf.getKernel('GatherV2', 'wasm');
  if (!plain) return;
  tf.unregisterKernel('GatherV2', 'wasm');
  tf.registerKernel({
    ...plain,
    kernelFunc(args) {
      const { x, indices } = args.inputs as NamedTensorInfoMap & Record<string, TensorInfo>;
      const { axis, batchDims } = args.attrs as { axis?: number; batchDims?: number };
      if (!x || !indices || x.dtype !== 'float32' || axis !== 0 || batchDims)
        return plain.kernelFunc(args);
      const wasm = args.backend as WasmBackend;
      const out = wasm.makeOutput([...indices.shape, ...x.shape.slice(1)], 'float32');
      const [from, rows, to] = [x, indices, out].map((each) => wasm.typedArrayFromHeap(each));
      const width = from!.length / x.shape[0]!;
      rows!.forEach((row, i) => {
        if (!(row >= 0 && row < x.shape[0]!))
          throw bug(`Row ${row} of a table of ${x.shape[0]} rows was asked for.`);
        to!.set(from!.subarray(row * width, (row + 1) * width), i * width);
      });
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
