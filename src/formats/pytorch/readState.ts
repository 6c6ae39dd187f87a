import type { AppError } from '../../errors.ts';
import { bug, unsupported } from '../../errors.ts';
import { tensorBytes, type TensorInfo } from '../../tensor/tensorIndex.ts';
import { convertWithPython } from '../convertWithPython.ts';
import type { WeightHeader } from '../format.ts';
import { holdsTensors } from './holdsTensors.ts';
import { findArrays } from './numpyArrays.ts';
import type { PickleName } from './pickleValues.ts';
import {
  PickleTensor,
  describeValue,
  type PickleStorage,
  type PickleValue,
} from './pickleValues.ts';
import { judgeRank } from './judgeRank.ts';
import { placeTensor } from './placeTensor.ts';
import { foreignNames, refuseCommands } from './refuseNames.ts';
import { findStateDicts, type StateDict } from './stateDict.ts';
import type { TorchHost } from './torchTensors.ts';

/** Where the bytes of storages lie in the file. */
export type StorageSpans = ReadonlyMap<string, { start: number; end: number }>;

const mostNamed = 3;

/** Bytes that tensors of one model may have beyond those that the file holds, by repeating elements. */
const mostRepeatedBytes = 2 ** 30;

/** The weights among what a pickle held; `locate` finds the storages they lie in. Throws BadFile, Unsupported. */
export async function readState(
  root: PickleValue,
  host: TorchHost,
  file: number,
  locate: (storages: readonly PickleStorage[]) => Promise<StorageSpans>,
): Promise<WeightHeader> {
  const { place } = host;
  const names = host.namesToJudge();
  refuseCommands(place, names);
  const found = findStateDicts(root, place);
  const used = found.flatMap(({ tensors }) => [...tensors.values()].map(({ storage }) => storage));
  if (used.length === 0) throw nothingFound(root, found, place.path);
  if (found.every(({ tensors }) => [...tensors.values()].every(isEmpty)))
    throw unsupported(
      `${place.path} holds ${used.length} tensors, all without elements, as DeepSpeed (ZeRO-3) and FSDP leave them where the weights lie elsewhere. Gather them: python zero_to_fp32.py . merged, or FSDP's full state_dict.`,
    );
  const rank = judgeRank(root, found, place.path);
  const spans = await locate([...new Set(used)]);
  const [first, ...others] = found.map((state): WeightHeader => {
    const tensors = [...state.tensors].map(([name, tensor]) => {
      const span = spans.get(tensor.storage.key);
      if (!span) throw bug(`The storage of ${name} was not located.`);
      return placeTensor(name, tensor, span, file, place, state.path);
    });
    tensors.sort((a, b) => a.start - b.start || a.end - b.end);
    checkRepeats(tensors, place.path);
    const { part } = state;
    const notes = [...notesOn(state, found, names, place.path), ...rank];
    return { tensors, metadata: {}, notes, ...(part !== null && { part }) };
  });
  if (!first) throw bug('A pickle came without a state_dict.');
  return others.length > 0 ? { ...first, others } : first;
}

const isEmpty = ({ shape }: PickleTensor) => shape.includes(0);

function checkRepeats(tensors: readonly TensorInfo[], path: string): void {
  const repeated = tensors.filter(({ strides }) => strides?.includes(0));
  const bytes = repeated.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  if (bytes > mostRepeatedBytes)
    throw unsupported(
      `${path} repeats elements into tensors of ${bytes} bytes, such as ${JSON.stringify(repeated[0]?.name)}, over the cap of ${mostRepeatedBytes}. Save them again without .expand().`,
    );
}

/** What is to be said of how the file was read. */
function notesOn(
  { path, classes, skipped }: StateDict,
  all: readonly StateDict[],
  names: readonly PickleName[],
  file: string,
): string[] {
  const [root] = classes;
  const of = root ? `the state of the pickled module ${root.full}` : '';
  const under = path.length > 0 ? `what lies under “${path.join('.')}”` : '';
  const told = [of, under].filter(Boolean).join(', ');
  const others = all.filter((each) => each.path !== path).map((each) => `“${each.path.join('.')}”`);
  const foreign = foreignNames(names, classes);
  return [
    ...(told ? [`Of ${file}, ${told} was read.`] : []),
    ...(others.length > 0 ? [`${file} holds another model under ${listed(others)}.`] : []),
    ...(skipped.length > 0 ? [`Left out of ${file}: ${listed(skipped)}.`] : []),
    ...(foreign.length > 0 ? [`Named in ${file} and never touched: ${listed(foreign)}.`] : []),
  ];
}

function listed(names: readonly string[]): string {
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
  return `${names.slice(0, mostNamed).join(', ')}${more}`;
}

function nothingFound(root: PickleValue, found: readonly StateDict[], path: string): AppError {
  const at = found[0]?.path ?? [];
  const where = at.length > 0 ? `, under “${at.join('.')}”` : '';
  const what = `${path} holds no tensors by name: its pickle is ${describeValue(root)}${where}.`;
  if (root instanceof PickleTensor)
    return unsupported(`${what} Give it a name: torch.save({'weight': tensor}, …).`);
  const arrays = findArrays(root);
  if (arrays)
    return unsupported(
      `${what} It holds NumPy arrays. Only if you trust the file, convert it to safetensors: ${convertWithPython(path, 'trusted', arrays)}`,
    );
  const inner = holdsTensors(root) ? ' Its tensors lie in objects that are not read.' : '';
  return unsupported(`${what}${inner} Save the model's state_dict() with torch.save.`);
}
