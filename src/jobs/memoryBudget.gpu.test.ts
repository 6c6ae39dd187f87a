import { beforeEach, expect, test } from 'vitest';
import { emptyStore } from '../test/store.ts';
import { budgetInfo, memoryBudget, setMemoryBudget } from './memoryBudget.ts';

beforeEach(emptyStore);

test('a budget that was chosen holds until it is automatic again', async () => {
  const { automatic } = await budgetInfo();
  expect(await memoryBudget({ backend: 'wasm' })).toBe(2 ** 30);
  await setMemoryBudget(0.5e9);
  expect(await budgetInfo()).toEqual({ bytes: 0.5e9, automatic, chosen: 0.5e9 });
  expect(await memoryBudget({ backend: 'webgpu' })).toBe(0.5e9);
  await setMemoryBudget(null);
  expect(await budgetInfo()).toEqual({ bytes: automatic, automatic, chosen: null });
});

test('WebAssembly takes no more than half of its heap', async () => {
  await setMemoryBudget(64e9);
  expect(await memoryBudget({ backend: 'wasm' })).toBe(2 ** 31);
  expect(await memoryBudget({ backend: 'webgpu' })).toBe(64e9);
});

test.each([0, -1, 1e6, NaN])('%d bytes are refused', async (bytes) => {
  await expect(setMemoryBudget(bytes)).rejects.toThrow(/too small. Give at least 0.1 GB/);
});
