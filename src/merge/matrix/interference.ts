import type { ComputeBuffer } from '../../gpu/compute.ts';
import { adamParams, adamStep, type AdamOptions } from '../../gpu/kernels/adamStep.ts';
import { floats } from '../../gpu/kernels/floats.ts';
import type { Tensors } from '../../gpu/tensors.ts';
import type { Tensor } from '../../gpu/tf.ts';
import type { MatrixTask } from './matrixTask.ts';
import { eachSlab, readSlab, writeSlab, type Slab } from './slabs.ts';
import { openWorkspace, part, turned, type Placed, type Workspace } from './workspace.ts';

const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0 };

/** Most bytes for inner products of columns: all of them in f32, and a model's in f64. */
const mostProductBytes = 2 ** 28;

/** Bytes for the inner products of so many columns, where they are used. */
export function productBytes(columns: number): number {
  const bytes = 12 * columns ** 2;
  return bytes <= mostProductBytes ? bytes : 0;
}

/** Whether a step is faster with the inner products of columns, [columns, columns], than with the τ̂ᵢ. */
const isDense = ({ rows, columns, models }: MatrixTask) =>
  columns <= 2 * models * rows && productBytes(columns) > 0;

/** Σ τᵢ + δ, the δ found by `steps` of Adam from 0 on Σ ‖(τ − τᵢ) τ̂ᵢᵀ‖², τ̂ᵢ = τᵢ / ‖τᵢ‖. */
export function leastInterference(
  task: MatrixTask,
  steps: number,
  rate: number,
): Promise<Float32Array> {
  return task.tensors
    ? onGpu(task, task.tensors, steps, rate)
    : onCpu(task, steps, { ...adam, rate });
}

/**
 * With Ĝᵢ = τ̂ᵢᵀτ̂ᵢ the gradient is 2 Σ (Σ τⱼ − τᵢ) Ĝᵢ + δ · 2 Σ Ĝᵢ: one product a step, or two with the τ̂ᵢ. Rows go their own ways,
 * so that some at a time are taken through all steps.
 */
async function onCpu(task: MatrixTask, steps: number, options: AdamOptions): Promise<Float32Array> {
  const { rows, columns, models } = task;
  const workspace = await openWorkspace();
  return workspace.within(() => {
    const taus = Array.from({ length: models }, (_, model) => task.taskVector(model));
    const whole = { long: rows, short: columns, turned: false };
    const dense = isDense(task);
    const bytes = dense ? 8 : 4;
    const out = new Float32Array(rows * columns);
    const factors = workspace.zeros(dense ? columns : models * rows, columns, 4);
    const read = (from: readonly Float32Array[], slab: Slab, bytes: 4 | 8) =>
      readSlab(workspace, from, whole, slab, bytes);
    taus.forEach((tau, model) =>
      workspace.within(() => {
        const norm = Math.sqrt(tau.reduce((total, x) => total + x * x, 0));
        if (norm === 0) return;
        const products = workspace.zeros(dense ? columns : 0, columns);
        eachSlab(workspace, whole, (slab) => {
          const unit = read([tau], slab, bytes);
          const values = workspace.elements(unit);
          values.forEach((x, k) => (values[k] = (x * Math.SQRT2) / norm));
          if (dense) workspace.addGram(products, unit);
          else
            workspace
              .elements(part(factors, [model * rows + slab.from, slab.count], [0, columns]))
              .set(values);
        });
        if (dense) addTo(workspace, factors, products);
        const own = dense ? products : part(factors, [model * rows, rows], [0, columns]);
        eachSlab(workspace, whole, (slab) => {
          const start = read([out], slab, bytes);
          const others = read(
            taus.filter((each) => each !== tau),
            slab,
            bytes,
          );
          grow(workspace, start, others, own, dense);
          writeSlab(workspace, start, out, whole, slab);
        });
      }),
    );
    eachSlab(workspace, whole, (slab) => {
      const start = read([out], slab, 4);
      const zeros = () => workspace.zeros(slab.count, columns, 4);
      const [gradient, delta, m, v] = [zeros(), zeros(), zeros(), zeros()] as const;
      for (let step = 1; step <= steps; step++) {
        workspace.elements(gradient).set(workspace.elements(start));
        grow(workspace, gradient, delta, factors, dense);
        workspace.adam([gradient, delta, m, v], options, step);
      }
      const merged = read(taus, slab, 8);
      const [sums, moves] = [workspace.doubles(merged), workspace.elements(delta)];
      sums.forEach((x, k) => (moves[k] = Math.fround(x) + moves[k]!));
      writeSlab(workspace, delta, out, whole, slab);
    });
    return out;
  });
}

/** Adds to `to` the rows of δ times the inner products or, where these are not `dense`, δ·Fᵀ·F. */
function grow(workspace: Workspace, to: Placed, delta: Placed, factors: Placed, dense: boolean) {
  if (dense) return workspace.multiply(to, delta, factors, true);
  workspace.within(() => {
    const inner = workspace.zeros(delta.rows, factors.rows, 4);
    workspace.multiply(inner, delta, turned(factors));
    workspace.multiply(to, inner, factors, true);
  });
}

/** Completes a Gram matrix, and adds it to a sum of such in f32. */
function addTo(workspace: Workspace, sum: Placed, gram: Placed): void {
  workspace.mirror(gram);
  const [sums, products] = [workspace.elements(sum), workspace.doubles(gram)];
  products.forEach((x, k) => (sums[k]! += x));
}

/** Half the gradient of Σ ‖(Σ τⱼ + δ − τᵢ) τ̂ᵢᵀ‖² in δ: where it starts, and how it grows with δ. */
interface Gradient {
  start: Tensor;
  growth(delta: Tensor): Tensor;
  dispose(): void;
}

/** As `onCpu`; takes on the device 24 bytes an element, and there the τ̂ᵢ or their inner products. */
async function onGpu(
  task: MatrixTask,
  open: () => Promise<Tensors>,
  steps: number,
  rate: number,
): Promise<Float32Array> {
  const { rows, columns, breathe } = task;
  const tensors = await open();
  const { tf, compute, tensorOf, bufferOf } = tensors;
  const elements = rows * columns;
  const sum = sumOfTaskVectors(task);
  const gradient = measure(tensors, task, sum);
  const buffers: ComputeBuffer[] = [];
  try {
    for (let i = 0; i < 3; i++) buffers.push(await compute.buffer(elements * 4));
    const [delta, m, v] = buffers as [ComputeBuffer, ComputeBuffer, ComputeBuffer];
    for (let step = 1; step <= steps; step++) {
      await breathe();
      const whole = tf.tidy(() => {
        const grown = gradient.growth(tensorOf(delta, [rows, columns]));
        return tf.mul(tf.add(gradient.start, grown), 2);
      });
      await compute.dispatch({
        kernel: adamStep,
        buffers: [bufferOf(whole), delta, m, v],
        params: adamParams(elements, { ...adam, rate }, step),
        threads: elements,
      });
      whole.dispose();
    }
    const [moved] = await compute.read([{ buffer: delta, bytes: elements * 4 }]);
    return floats(moved!).map((x, k) => sum[k]! + x);
  } finally {
    gradient.dispose();
    buffers.forEach((buffer) => compute.free(buffer));
  }
}

function sumOfTaskVectors({ rows, columns, models, taskVector }: MatrixTask): Float32Array {
  const sum = new Float64Array(rows * columns);
  for (let model = 0; model < models; model++) taskVector(model).forEach((x, k) => (sum[k]! += x));
  return Float32Array.from(sum);
}

/** A task vector of zeros disturbs nothing. The start is summed from differences, so that it is 0 for a single model. */
function measure({ tf }: Tensors, task: MatrixTask, sum: Float32Array): Gradient {
  const { rows, columns, models } = task;
  const dense = isDense(task);
  const kept: Tensor[] = [];
  let start: Tensor = tf.zeros([rows, columns]);
  let products: Tensor | null = dense ? tf.zeros([columns, columns]) : null;
  const matrixOf = (values: Float32Array) => tf.tensor2d(values, [rows, columns]);
  const project = (x: Tensor, unit: Tensor) => tf.matMul(tf.matMul(x, unit, false, true), unit);
  const add = (to: Tensor, more: () => Tensor) => {
    const total = tf.tidy(() => tf.add(to, more()));
    to.dispose();
    return total;
  };
  for (let model = 0; model < models; model++) {
    const tau = task.taskVector(model);
    const norm = Math.sqrt(tau.reduce((total, x) => total + x * x, 0));
    if (norm === 0) continue;
    const others = matrixOf(tau.map((x, k) => sum[k]! - x));
    const unit = matrixOf(tau.map((x) => x / norm));
    start = add(start, () => project(others, unit));
    if (products) products = add(products, () => tf.matMul(unit, unit, true));
    else kept.push(unit);
    others.dispose();
    if (products) unit.dispose();
  }
  return {
    start,
    growth: (delta) =>
      products
        ? tf.matMul(delta, products)
        : kept.reduce((total, unit) => tf.add(total, project(delta, unit)), tf.zerosLike(delta)),
    dispose: () => tf.dispose([start, ...(products ? [products] : kept)]),
  };
}
