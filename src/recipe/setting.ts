/** A value for the tensors whose name holds `filter`; absent or "*": for all others. */
export interface FilteredValue {
  filter?: string;
  value: number | readonly number[];
}

/** A parameter as a recipe has it: a number, numbers to interpolate over depth, or the first entry whose filter fits. */
export type Setting = number | readonly number[] | readonly FilteredValue[];

/**
 * The value of a setting in a tensor, `depth` being 0 in the first layer and outside the layers, 1 in the last; undefined
 * where no filter fits.
 */
export function evaluateSetting(
  setting: Setting,
  tensor: string,
  depth: number,
): number | undefined {
  if (typeof setting === 'number') return setting;
  if (isGradient(setting)) return interpolate(setting, depth);
  const fits = ({ filter = '*' }: FilteredValue) => filter === '*' || tensor.includes(filter);
  const found = setting.find(fits);
  return found && evaluateSetting(found.value, tensor, depth);
}

function isGradient(setting: Exclude<Setting, number>): setting is readonly number[] {
  return typeof setting[0] === 'number';
}

function interpolate(values: readonly number[], depth: number): number {
  const at = depth * (values.length - 1);
  const below = Math.floor(at);
  const part = at - below;
  const [low = 0, high = low] = values.slice(below, below + 2);
  return (1 - part) * low + part * high;
}
