import { unsupported } from '../../errors.ts';
import { faultAt, type PicklePlace } from './pickleBytes.ts';
import type { PickleName } from './pickleValues.ts';
import { isHarmless, modulePackages, runsCommands } from './torchNames.ts';

/** Throws Unsupported at the first name by which a pickle can run any command when Python loads it. */
export function refuseCommands(place: PicklePlace, names: readonly PickleName[]): void {
  const found = names.find(runsCommands);
  if (found)
    throw unsupported(
      `${faultAt(place, found.at, `names ${found.full.slice(0, 120)}`)}, by which a pickle can run any command when Python loads it. Nothing of it was run here. Do not load the file; get the model as safetensors from a source you trust.`,
    );
}

/**
 * The names that no checkpoint needs, once each. `classes` are the names of the modules whose weights are read: what lies in
 * the packages of modules may be among their attributes.
 */
export function foreignNames(
  names: readonly PickleName[],
  classes: readonly PickleName[],
): string[] {
  const packages = new Set(
    classes.length > 0 ? [...modulePackages, ...classes.map(({ module }) => top(module))] : [],
  );
  const foreign = names.filter(
    ({ module, full }) => !isHarmless(full) && !packages.has(top(module)),
  );
  const told = [...new Set(foreign.map(({ full }) => full.slice(0, 120)))];
  // A member stands for its class.
  const owners = new Set(told.map((each) => each.slice(0, each.lastIndexOf('.'))));
  return told.filter((each) => !owners.has(each));
}

const top = (module: string) => module.split('.')[0] ?? '';
