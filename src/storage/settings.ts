import { read, write } from './db.ts';
import { settingKey } from './keys.ts';

/** Bytes chosen for weights and mask state on the device, null for automatic. */
export async function chosenBudget(): Promise<number | null> {
  return (await read<number>(settingKey('memoryBudget'))) ?? null;
}

/** Keeps the choice for later visits; null is automatic. */
export function chooseBudget(bytes: number | null): Promise<void> {
  const key = settingKey('memoryBudget');
  return write(bytes === null ? { remove: [key] } : { put: [[key, bytes]] });
}
