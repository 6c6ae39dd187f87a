import type { KernelFunc, NamedAttrMap, Tensor, TensorInfo } from '@tensorflow/tfjs';
import { bug } from '../../errors.ts';
import type { Tf } from '../tf.ts';
import { addressOf, type WasmBackend } from '../wasmBackend.ts';
import bytes from './assembly/layers.ts?wasm';

/** What assembly/layers.ts exports, told there; addresses and strides are bytes. */
type LayerKernels = { scratchBytes: WebAssembly.Global<'i32'> } & Record<
  | 'attend'
  | 'attendGradient'
  | 'gelu'
  | 'geluGradient'
  | 'layerNorm'
  | 'layerNormGradient'
  | 'product'
  | 'repeatRow'
  | 'sumRows',
  (...args: (number | boolean)[]) => void
>;

type Run = (
  inputs: Record<string, TensorInfo>,
  attrs: NamedAttrMap,
  all: Parameters<KernelFunc>[0],
) => TensorInfo | TensorInfo[];

/** Rows and columns of the last two axes as a factor, and bytes from a row and a column to the next. */
function factor({ shape }: TensorInfo, transposed: unknown): [number, number, number, number] {
  const [rows = 0, columns = 0] = shape.slice(-2);
  return transposed ? [columns, rows, 4, 4 * columns] : [rows, columns, 4 * columns, 4];
}

/**
 * Has the wasm backend's matMul and its sums over leading axes done by SIMD in the backend's own memory, and gives it kernels
 * for whole layers: Linear, Gelu, LayerNorm and Attention, in place of many small ops.
 */
export async function addSimdLayers(tf: Tf): Promise<void> {
  const backend = tf.backend() as WasmBackend & ReturnType<Tf['backend']>;
  const { memory } = backend.wasm.asm;
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
  const kernels = instance.exports as WebAssembly.Exports & LayerKernels;
  const scratchBytes = kernels.scratchBytes.value;
  const scratch = backend.wasm._malloc(scratchBytes) >>> 0;
  const at = (x: TensorInfo | undefined) => (x ? addressOf(backend, x) : 0);
  const make = (shape: readonly number[]) => backend.makeOutput([...shape], 'float32');
  const sizeOf = ({ shape }: TensorInfo) => tf.util.sizeFromShape(shape);
  const rowsOf = (x: TensorInfo) => sizeOf(x) / x.shape.at(-1)!;
  const plainSum = tf.getKernel('Sum', 'wasm');

  function multiply(
    a: TensorInfo,
    b: TensorInfo,
    [turnA, turnB]: readonly [unknown, unknown],
    bias?: TensorInfo,
  ): TensorInfo {
    const [m, k, rowA, columnA] = factor(a, turnA);
    const [inner, n, rowB, columnB] = factor(b, turnB);
    if (k !== inner || a.dtype !== 'float32' || b.dtype !== 'float32')
      throw bug(`matMul was given [${a.shape}] ${a.dtype} and [${b.shape}] ${b.dtype}.`);
    const [outerA, outerB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
    const outer = tf.broadcast_util.assertAndGetBroadcastShape(outerA, outerB);
    const [countA, countB, count] = [outerA, outerB, outer].map(tf.util.sizeFromShape);
    const out = make([...outer, m, n]);
    const [atA, atB, atC] = [at(a), at(b), at(out)];
    if (bias) kernels.repeatRow(m * count!, n, at(bias), atC);
    for (let i = 0; i < count!; i++) {
      const left = [atA + (i % countA!) * 4 * m * k, rowA, columnA];
      const right = [atB + (i % countB!) * 4 * k * n, rowB, columnB];
      const to = [atC + i * 4 * m * n, 4 * n, Boolean(bias)];
      kernels.product(m, n, k, ...left, ...right, ...to, scratch);
    }
    return out;
  }

  /** Calls `work` with the addresses of each head of each text, which are those of these tensors and a mask. */
  function eachHead(
    { shape: [size = 0, length = 0, width = 0] }: TensorInfo,
    heads: number,
    work: (head: number, offset: number, text: number) => void,
  ): void {
    for (let text = 0; text < size; text++)
      for (let head = 0; head < heads; head++)
        work(text * heads + head, 4 * (text * length * width + (head * width) / heads), text);
  }

  const registered: Record<string, Run> = {
    BatchMatMul: ({ a, b }, attrs) => multiply(a!, b!, [attrs['transposeA'], attrs['transposeB']]),
    Linear: ({ x, weight, bias }, attrs) => multiply(x!, weight!, [false, attrs['turned']], bias),
    Sum(inputs, attrs, all) {
      const x = inputs['x']!;
      const axes = [attrs['axis'] as number | number[]].flat();
      const leading = axes.length > 0 && axes.every((axis, i) => axis === i);
      const rest = x.shape.slice(axes.length);
      const width = tf.util.sizeFromShape(rest);
      const fits = rest.length > 0 && width % 4 === 0 && 8 * width <= scratchBytes;
      if (x.dtype !== 'float32' || !leading || !fits) return plainSum!.kernelFunc(all);
      const y = make([...(attrs['keepDims'] ? axes.map(() => 1) : []), ...rest]);
      kernels.sumRows(sizeOf(x) / width, width, at(x), at(y), scratch);
      return y;
    },
    Gelu({ x }) {
      const y = make(x!.shape);
      kernels.gelu(sizeOf(x!), at(x), at(y));
      return y;
    },
    GeluGradient({ x, dy }) {
      const dx = make(x!.shape);
      kernels.geluGradient(sizeOf(x!), at(x), at(dy), at(dx));
      return dx;
    },
    LayerNorm({ x, weight, bias }, attrs) {
      const [rows, width] = [rowsOf(x!), x!.shape.at(-1)!];
      const [y, moments] = [make(x!.shape), make([rows, 2])];
      const eps = attrs['eps'] as number;
      kernels.layerNorm(rows, width, at(x), at(weight), at(bias), eps, at(y), at(moments));
      return [y, moments];
    },
    LayerNormGradient({ x, weight, moments, dy }) {
      const width = x!.shape.at(-1)!;
      const [dx, dWeight, dBias] = [make(x!.shape), make([width]), make([width])];
      const from = [at(x), at(weight), at(moments), at(dy)];
      kernels.layerNormGradient(
        rowsOf(x!),
        width,
        ...from,
        at(dx),
        at(dWeight),
        at(dBias),
        scratch,
      );
      return [dx, dWeight, dBias];
    },
    Attention({ q, k, v, mask }, attrs) {
      const [size = 0, length = 0, width = 0] = q!.shape;
      const { heads, scale } = attrs as { heads: number; scale: number };
      const columns = Math.ceil(length / 4) * 4;
      const [out, shares] = [make(q!.shape), make([size, heads, length, columns])];
      const [rows = 1, wide = 1] = mask?.shape.slice(-2) ?? [];
      const maskRow = rows > 1 ? 4 * wide : 0;
      const maskText = mask && (mask.shape.at(-4) ?? 1) > 1 ? 4 * rows * wide : 0;
      eachHead(q!, heads, (head, offset, text) => {
        const from = [at(q) + offset, at(k) + offset, at(v) + offset, 4 * width, scale];
        const barred = [mask ? at(mask) + text * maskText : 0, maskRow];
        const to = [at(shares) + head * 4 * length * columns, columns, at(out) + offset];
        kernels.attend(length, width / heads, ...from, ...barred, ...to, scratch);
      });
      return [out, shares];
    },
    AttentionGradient({ q, k, v, shares, dy }, attrs) {
      const [, length = 0, width = 0] = q!.shape;
      const { heads, scale } = attrs as { heads: number; scale: number };
      const columns = shares!.shape.at(-1)!;
      const found = [make(q!.shape), make(q!.shape), make(q!.shape)];
      const pulls = make([length, columns]);
      eachHead(q!, heads, (head, offset) => {
        const from = [at(q) + offset, at(k) + offset, at(v) + offset, 4 * width, scale];
        const held = [at(shares) + head * 4 * length * columns, columns, at(dy) + offset];
        const to = [...found.map((each) => at(each) + offset), at(pulls)];
        kernels.attendGradient(length, width / heads, ...from, ...held, ...to, scratch);
      });
      backend.disposeData(pulls.dataId);
      return found;
    },
  };
  for (const [kernelName, run] of Object.entries(registered)) {
    if (tf.getKernel(kernelName, 'wasm')) tf.unregisterKernel(kernelName, 'wasm');
    tf.registerKernel({
      ...{ kernelName, backendName: 'wasm' },
      kernelFunc: (all) =>
        run(all.inputs as Record<string, TensorInfo>, all.attrs ?? ({} as NamedAttrMap), all),
    });
  }
  tf.registerGradient({
    kernelName: 'Linear',
    inputsToSave: ['x', 'weight'],
    gradFunc(dy, saved, attrs) {
      const [x, weight] = saved as [Tensor, Tensor];
      const pull = dy as Tensor;
      const turned = Boolean(attrs['turned']);
      return {
        x: () => tf.matMul(pull, weight, false, !turned),
        weight: () => (turned ? tf.matMul(pull, x, true) : tf.matMul(x, pull, true)),
        bias: () => tf.sum(pull, 0),
      };
    },
  });
}
