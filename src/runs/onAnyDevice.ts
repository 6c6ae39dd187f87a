import { AppError } from '../errors.ts';
import { leaveGpu } from '../jobs/requestCompute.ts';

const isLoss = (thrown: unknown) => thrown instanceof AppError && thrown.kind === 'DeviceLost';

/** Does work anew that goes on where it stopped, when the GPU was lost: once on a new device, then on the CPU. */
export async function onAnyDevice<T>(work: () => Promise<T>, onCpu = leaveGpu): Promise<T> {
  for (const before of [() => undefined, onCpu]) {
    try {
      return await work();
    } catch (thrown) {
      if (!isLoss(thrown)) throw thrown;
      before();
    }
  }
  return work();
}
