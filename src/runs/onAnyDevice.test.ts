import { expect, test, vi } from 'vitest';
import { AppError, bug } from '../errors.ts';
import { onAnyDevice } from './onAnyDevice.ts';

const lost = new AppError('DeviceLost', 'The GPU stopped responding.');

/** Work that fails so, one time after another, and then is done. */
function failing(...errors: AppError[]) {
  return vi.fn(async () => {
    const error = errors.shift();
    if (error) throw error;
    return 'done';
  });
}

test.each([
  [0, 1, 0],
  [1, 2, 0],
  [2, 3, 1],
])(
  'work that loses its GPU %i times is done %i times, %i on the CPU',
  async (losses, times, cpu) => {
    const work = failing(...new Array<AppError>(losses).fill(lost));
    const onCpu = vi.fn();
    expect(await onAnyDevice(work, onCpu)).toBe('done');
    expect(work).toHaveBeenCalledTimes(times);
    expect(onCpu).toHaveBeenCalledTimes(cpu);
  },
);

test('what fails otherwise, or once more, fails', async () => {
  const other = failing(bug('x'));
  await expect(onAnyDevice(other, vi.fn())).rejects.toThrow('x');
  expect(other).toHaveBeenCalledTimes(1);
  await expect(onAnyDevice(failing(lost, lost, lost), vi.fn())).rejects.toBe(lost);
});
