import { PickleObject, type PickleValue } from './pickleValues.ts';
import { containers } from './stateDict.ts';

const mostVisits = 1_000_000;

/** Whether a function of this name is what NumPy's arrays are pickled as a call of, by protocol 5 or before. */
export const makesArray = (full: string): boolean =>
  /^numpy\.\w+\.(?:multiarray\._reconstruct|numeric\._frombuffer)$/.test(full);

const isArray = (value: PickleValue) =>
  value instanceof PickleObject && makesArray(value.maker.full);

/** Keys that lead to the dict of arrays which are the weights, by themselves or in further dicts; null where there are none. */
export function findArrays(root: PickleValue): string[] | null {
  if (!holdsArrays(root)) return null;
  const path: string[] = [];
  for (let node = root; node instanceof Map && ![...node.values()].some(isArray);) {
    const dict = node;
    const key = containers.find((each) => holdsArrays(dict.get(each) ?? null));
    if (key === undefined || path.length > containers.length) break;
    path.push(key);
    node = dict.get(key) ?? null;
  }
  return path;
}

/** Whether arrays lie in a dict, or in dicts in it. */
function holdsArrays(root: PickleValue): boolean {
  const seen = new Set<PickleValue>();
  const waiting: PickleValue[] = [root];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (!(value instanceof Map) || seen.has(value)) continue;
    if (seen.add(value).size > mostVisits) return false;
    for (const inner of value.values())
      if (isArray(inner)) return true;
      else waiting.push(inner);
  }
  return false;
}
