import { read, write } from './db.ts';
import type { Key } from './keys.ts';

/** Bytes chosen for weights and mask state on the device, null for automatic. */
export async function chosenBudget(): Promise<number | null> {
  return (await read<number>(['setting', 'memoryBudget'])) ?? null;
}

/** Keeps the choice for later visits; null is automatic. */
export function chooseBudget(bytes: number | null): Promise<void> {
  const key: Key = ['setting', 'memoryBudget'];
  return write(bytes === null ? { remove: [key] } : { put: [[key, bytes]] });
}
