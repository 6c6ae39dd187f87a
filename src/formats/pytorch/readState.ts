import type { AppError } from '../../errors.ts';
import { bug, unsupported } from '../../errors.ts';
import type { TensorInfo } from '../../tensor/tensorIndex.ts';
import { convertWithPython } from '../convertWithPython.ts';
import type { WeightHeader } from '../format.ts';
import type { PicklePlace } from './pickleBytes.ts';
import { describeValue, type PickleStorage, type PickleValue } from './pickleValues.ts';
import { placeTensor } from './placeTensor.ts';
import { refuseForeign } from './refuseNames.ts';
import { findStateDict, type StateDict } from './stateDict.ts';
import type { TorchHost } from './torchTensors.ts';

/** Where the bytes of storages lie in the file. */
export type StorageSpans = ReadonlyMap<string, { start: number; end: number }>;

const mostNamed = 3;

/** The weights among what a pickle held; `locate` finds the storages they lie in. Throws BadFile, Unsupported. */
export async function readState(
  root: PickleValue,
  host: TorchHost,
  file: number,
  locate: (storages: readonly PickleStorage[]) => Promise<StorageSpans>,
): Promise<WeightHeader> {
  const { place } = host;
  const found = findStateDict(root, place);
  refuseForeign(place, host.names, found.classes);
  if (found.tensors.size === 0) throw nothingFound(root, found, place);
  const storages = new Set([...found.tensors.values()].map(({ storage }) => storage));
  const spans = await locate([...storages]);
  const tensors = [...found.tensors].map(([name, tensor]): TensorInfo => {
    const span = spans.get(tensor.storage.key);
    if (!span) throw bug(`The storage of ${name} was not located.`);
    return placeTensor(name, tensor, span, file, place);
  });
  tensors.sort((a, b) => a.start - b.start || a.end - b.end);
  return { tensors, metadata: {}, notes: notesOn(found, place) };
}

/** What is to be said of how the file was read. */
function notesOn({ path, classes, skipped }: StateDict, place: PicklePlace): string[] {
  const [root] = classes;
  const of = root ? `the state of the pickled module ${root.full}` : '';
  const under = path.length > 0 ? `what lies under “${path.join('.')}”` : '';
  const told = [of, under].filter(Boolean).join(', ');
  const named = skipped.slice(0, mostNamed).join(', ');
  const more = skipped.length > mostNamed ? ` and ${skipped.length - mostNamed} more` : '';
  return [
    ...(told ? [`Of ${place.path}, ${told} was read.`] : []),
    ...(named ? [`Left out of ${place.path}: ${named}${more}.`] : []),
  ];
}

function nothingFound(root: PickleValue, { path }: StateDict, place: PicklePlace): AppError {
  const where = path.length > 0 ? `, under “${path.join('.')}”` : '';
  const message = `${place.path} holds no tensors by name: its pickle is ${describeValue(root)}${where}. Save the model's state_dict() with torch.save, or, if you trust the file, convert it: ${convertWithPython(place.path, 'trusted')}`;
  return unsupported(message);
}
