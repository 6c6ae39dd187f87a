import type { ComputeBuffer } from '../../gpu/compute.ts';
import { adamParams, adamStep, type AdamOptions } from '../../gpu/kernels/adamStep.ts';
import { floats } from '../../gpu/kernels/floats.ts';
import type { Tensors } from '../../gpu/tensors.ts';
import type { Tensor } from '../../gpu/tf.ts';
import type { MatrixTask } from './matrixTask.ts';
import { eachSlab, readSlab, writeSlab, type Tall } from './slabs.ts';
import { openWorkspace, part, turned, type Placed, type Workspace } from './workspace.ts';

const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0 };

/** Most elements of inner products [columns, columns], at 20 bytes each. */
const mostProducts = 2 ** 24;

/** Whether a step is faster with the inner products of columns, [columns, columns], than with the τ̂ᵢ. */
const isDense = ({ rows, columns, models }: MatrixTask) =>
  columns <= 2 * models * rows && columns ** 2 <= mostProducts;

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
  const sum = sumOfTaskVectors(task);
  return workspace.within(() => {
    const whole = { long: rows, short: columns, turned: false };
    const start = new Float32Array(rows * columns);
    const dense = isDense(task);
    const factors = workspace.zeros(dense ? columns : models * rows, columns, 4);
    for (let model = 0; model < models; model++)
      workspace.within(() => {
        const tau = task.taskVector(model);
        const norm = Math.sqrt(tau.reduce((total, x) => total + x * x, 0));
        if (norm === 0) return;
        const others = tau.map((x, k) => sum[k]! - x);
        const unit = tau.map((x) => (x * Math.SQRT2) / norm);
        const add = dense ? addProducts : addRows;
        const grow = add(workspace, factors, whole, unit, model * rows);
        eachSlab(workspace, whole, (slab) => {
          const to = readSlab(workspace, [start], whole, slab, dense ? 8 : 4);
          grow(to, readSlab(workspace, [others], whole, slab, dense ? 8 : 4));
          writeSlab(workspace, to, start, whole, slab);
        });
      });
    const moved = new Float32Array(rows * columns);
    const grow = dense ? byProducts(workspace, factors) : byRows(workspace, factors);
    eachSlab(workspace, whole, (slab) => {
      const fixed = readSlab(workspace, [start], whole, slab, 4);
      const zeros = () => workspace.zeros(slab.count, columns, 4);
      const [gradient, delta, m, v] = [zeros(), zeros(), zeros(), zeros()] as const;
      for (let step = 1; step <= steps; step++) {
        workspace.elements(gradient).set(workspace.elements(fixed));
        workspace.within(() => grow(gradient, delta));
        workspace.adam([gradient, delta, m, v], options, step);
      }
      writeSlab(workspace, delta, moved, whole, slab);
    });
    return moved.map((x, k) => sum[k]! + x);
  });
}

/** Adds what rows of δ add to the gradient. */
type Grow = (gradient: Placed, delta: Placed) => void;

/** + δ·P, P [columns, columns]. */
const byProducts =
  (workspace: Workspace, products: Placed): Grow =>
  (gradient, delta) =>
    workspace.multiply(gradient, delta, products, true);

/** + (δ·Fᵀ)·F, F [any, columns]. */
const byRows =
  (workspace: Workspace, rows: Placed): Grow =>
  (gradient, delta) => {
    const inner = workspace.zeros(delta.rows, rows.rows, 4);
    workspace.multiply(inner, delta, turned(rows));
    workspace.multiply(gradient, inner, rows, true);
  };

/** Adds the inner products of a matrix's columns to those of all, and gives them by themselves, in f64. */
function addProducts(workspace: Workspace, all: Placed, whole: Tall, unit: Float32Array): Grow {
  const own = workspace.zeros(all.rows, all.columns);
  eachSlab(workspace, whole, (slab) =>
    workspace.addGram(own, readSlab(workspace, [unit], whole, slab, 8)),
  );
  workspace.mirror(own);
  const [sums, products] = [workspace.elements(all), workspace.doubles(own)];
  products.forEach((x, k) => (sums[k]! += x));
  return byProducts(workspace, own);
}

/** Puts the rows of a matrix among those of all. */
function addRows(
  workspace: Workspace,
  all: Placed,
  { long, short }: Tall,
  unit: Float32Array,
  row: number,
): Grow {
  const own = part(all, [row, long], [0, short]);
  workspace.elements(own).set(unit);
  return byRows(workspace, own);
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
