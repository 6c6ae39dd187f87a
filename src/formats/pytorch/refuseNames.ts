import { unsupported } from '../../errors.ts';
import { convertWithPython } from '../convertWithPython.ts';
import { faultAt, type PicklePlace } from './pickleBytes.ts';
import type { PickleName } from './pickleValues.ts';
import { commandPackages, isHarmless, modulePackages } from './torchNames.ts';

/** Throws Unsupported at the first name by which a pickle can run any command when Python loads it. */
export function refuseCommands(place: PicklePlace, names: readonly PickleName[]): void {
  const found = names.find(({ module, full }) => !isHarmless(full) && runsCommands(module));
  if (found)
    throw unsupported(
      `${named(place, found)}, by which a pickle can run any command when Python loads it. Nothing of it was run here. Do not load the file; get the model as safetensors from a source you trust.`,
    );
}

/**
 * Throws Unsupported at the first name that no checkpoint needs. `classes` are the names of the modules whose weights are
 * read: what lies in the packages of modules may be among their attributes.
 */
export function refuseForeign(
  place: PicklePlace,
  names: readonly PickleName[],
  classes: readonly PickleName[],
): void {
  refuseCommands(place, names);
  const packages = new Set(
    classes.length > 0 ? [...modulePackages, ...classes.map(({ module }) => top(module))] : [],
  );
  const found = names.find(({ module, full }) => !isHarmless(full) && !packages.has(top(module)));
  if (found)
    throw unsupported(
      `${named(place, found)}, which is not among the names that are read of a pickle. Nothing of it was run here. Only if you trust the file, convert it to safetensors: ${convertWithPython(place.path, 'trusted')}`,
    );
}

const top = (module: string) => module.split('.')[0] ?? '';

const runsCommands = (module: string) => commandPackages.has(top(module));

const named = (place: PicklePlace, { full, at }: PickleName) =>
  faultAt(place, at, `names ${full.slice(0, 120)}`);
