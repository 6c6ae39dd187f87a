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
    GPUBuffer.prototype.mapAsync = function (...args) {
      if (waiting === 0) since = performance.now();
      waiting += 1;
      const mapping = mapAsync.apply(this, args);
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
