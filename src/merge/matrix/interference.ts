import type { ComputeBuffer } from '../../gpu/compute.ts';
import { adamParams, adamStep } from '../../gpu/kernels/adamStep.ts';
import { floats } from '../../gpu/kernels/floats.ts';
import type { Tensors } from '../../gpu/tensors.ts';
import type { Tensor } from '../../gpu/tf.ts';
import type { MatrixTask } from '../matrix/matrixTask.ts';

const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0 };

/** Half the gradient of Σ ‖(Σ τⱼ + δ − τᵢ) τ̂ᵢᵀ‖² in δ: where it starts, and how it grows with δ. */
interface Gradient {
  start: Tensor;
  growth(delta: Tensor): Tensor;
  dispose(): void;
}

/**
 * Σ τᵢ + δ, the δ found by `steps` of Adam from 0 on Σ ‖(τ − τᵢ) τ̂ᵢᵀ‖², τ̂ᵢ = τᵢ / ‖τᵢ‖. Takes on the device 24 bytes an element, and
 * there the τ̂ᵢ or, where that is less work, the [columns, columns] of their inner products, as f32.
 */
export async function leastInterference(
  task: MatrixTask,
  steps: number,
  rate: number,
): Promise<Float32Array> {
  const { rows, columns, breathe } = task;
  const tensors = await task.tensors();
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
  const dense = columns <= 2 * models * rows;
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
