import { read, write } from './db.ts';
import type { Key, SettingName } from './keys.ts';

/** What was chosen on an earlier visit, null where nothing was. */
export async function chosen<T>(name: SettingName): Promise<T | null> {
  return (await read<T>(['setting', name])) ?? null;
}

/** Keeps a choice for later visits; null is automatic. */
export function choose(name: SettingName, value: unknown): Promise<void> {
  const key: Key = ['setting', name];
  return write(value === null ? { remove: [key] } : { put: [[key, value]] });
}
