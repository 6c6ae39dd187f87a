/**
 * Watches a worker's readbacks from the GPU: `seconds` is the time since `reset` in which at least one was awaited.
 * @param {import('@playwright/test').Worker} worker
 */
export async function watchGpu(worker) {
  await worker.evaluate(() => {
    const { mapAsync } = GPUBuffer.prototype;
    let waiting = 0;
    let since = 0;
    let total = 0;
    const settle = () => {
      waiting -= 1;
      if (waiting === 0) total += performance.now() - since;
    };
    /** @this {GPUBuffer} @param {number} mode @param {number} [offset] @param {number} [size] */
    GPUBuffer.prototype.mapAsync = function (mode, offset, size) {
      if (waiting === 0) since = performance.now();
      waiting += 1;
      const mapping = mapAsync.call(this, mode, offset, size);
      mapping.then(settle, settle);
      return mapping;
    };
    Reflect.set(globalThis, 'awaitedGpu', (/** @type {boolean} */ reset) => {
      if (reset) total = 0;
      return total / 1000;
    });
  });
  const read = (/** @type {boolean} */ reset) =>
    worker.evaluate((reset) => Number(Reflect.get(globalThis, 'awaitedGpu')(reset)), reset);
  return { reset: () => read(true), seconds: () => read(false) };
}
