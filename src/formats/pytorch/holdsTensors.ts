import { PickleObject, PickleStorage, PickleTensor, type PickleValue } from './pickleValues.ts';

const mostVisits = 1_000_000;

/** Values that were searched to the end. */
const without = new WeakSet<object>();

/** Whether tensors or storages lie in a value, at any key or attribute; what is too large to be searched may hold some. */
export function holdsTensors(root: PickleValue): boolean {
  const seen = new Set<object>();
  const waiting: PickleValue[] = [root];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (value instanceof PickleTensor || value instanceof PickleStorage) return true;
    if (value === null || typeof value !== 'object') continue;
    if (seen.has(value) || without.has(value)) continue;
    if (seen.size >= mostVisits) return true;
    seen.add(value);
    for (const inner of inside(value)) waiting.push(inner);
  }
  for (const value of seen) without.add(value);
  return false;
}

function inside(value: PickleValue): Iterable<PickleValue> {
  if (Array.isArray(value)) return value;
  if (value instanceof Map) return value.values();
  return value instanceof PickleObject ? [value.state, ...value.args] : [];
}
