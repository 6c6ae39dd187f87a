import { unsupported, type AppError } from '../../errors.ts';
import { convertWithPython } from '../convertWithPython.ts';
import { fullStateRemedy } from '../flatParameters.ts';
import { faultAt, type PicklePlace } from './pickleBytes.ts';
import type { PickleObject } from './pickleValues.ts';
import { isHarmless } from './torchNames.ts';

/** Modules of Python that make no tensors. */
const plainModules =
  /^(?:collections|datetime|decimal|fractions|uuid|pathlib|enum|random|_io|zoneinfo|ipaddress|numpy|math)\b/;

/** Whether a value may be a tensor once Python runs what makes it: a call of a function, or of a class of tensors. */
export function mustRun({ maker, making }: PickleObject): boolean {
  if (making === 'tensor') return true;
  const isFunction = /^[a-z_]/.test(maker.name.split('.').at(-1) ?? '');
  const isPlain = isHarmless(maker.full) || plainModules.test(maker.module);
  return making === 'call' && isFunction && !isPlain;
}

/** Why a value among weights is refused, and how Python gets its tensors; `keys` lead to these weights. */
export function refuseToRun(
  place: PicklePlace,
  { maker, at, making }: PickleObject,
  keys: readonly string[],
  name = keys.join('.'),
): AppError {
  const full = maker.full.slice(0, 120);
  const told = name ? ` “${name.slice(0, 120)}”` : '';
  const byCall = making === 'call' || full.startsWith('torch._utils.');
  const fault = (what: string) => faultAt(place, at, what);
  if (/_rebuild_meta_tensor/.test(full))
    return unsupported(
      `${fault(`holds${told} without values, on PyTorch's meta device`)}. Save the model again once its weights are loaded.`,
    );
  if (/\.(?:DTensor|ShardedTensor)$/.test(full))
    return unsupported(
      `${fault(`holds${told} as a ${full}, a part of a tensor that several processes share`)}. ${fullStateRemedy}`,
    );
  const why = byCall
    ? `${fault(`makes${told || ' its value'} by ${full}`)}, which would have to run to give tensors`
    : `${fault(`holds${told && `${told} as`} an object of ${full}`)}, whose tensors only that class can give`;
  return unsupported(
    `${why}. Nothing of it was run here. Only if you trust the file, and where Python has what it names, convert it to safetensors: ${convertWithPython(place.path, 'trusted', keys)}`,
  );
}
