import { openTensors } from '../../src/gpu/tensors.ts';
import { wasmPaths } from '../../src/gpu/wasmPaths.ts';
import { requestWebGpu } from '../../src/gpu/webgpu.ts';

/** How fast large f32 matrices are multiplied by tfjs on WebGPU, the fastest of a few times. */
export interface ProductRate {
  software: boolean;
  /** Rows and columns of each matrix. */
  side: number;
  /** Floating-point operations a second. */
  flops: number;
}

const [times, chain] = [4, 8];

/** The rate at one size on hardware, at another on a software adapter. */
export async function productRate(sides: {
  hardware: number;
  software: number;
}): Promise<ProductRate> {
  const tensors = await openTensors(await requestWebGpu(), wasmPaths, true);
  const { tf } = tensors;
  const { software } = tensors.compute;
  const side = software ? sides.software : sides.hardware;
  // Products of products neither grow nor vanish.
  const bound = Math.sqrt(3 / side);
  const factor = tf.randomUniform([side, side], -bound, bound);
  let fastest = Infinity;
  for (let i = 0; i < times; i++) {
    const started = performance.now();
    // Many for one readback, whose latency is none of theirs.
    const corner = tf.tidy(() => {
      let product = factor;
      for (let k = 0; k < chain; k++) product = tf.matMul(product, factor);
      return tf.slice(product, [0, 0], [1, 1]);
    });
    await corner.data();
    corner.dispose();
    // The first compiles.
    if (i > 0) fastest = Math.min(fastest, (performance.now() - started) / 1000);
  }
  tensors.close();
  return { software, side, flops: (chain * 2 * side ** 3) / fastest };
}
