import { faultsOf, unsupported, type Fail } from '../errors.ts';
import { isMergeable, type MergeableDType } from '../tensor/dtype.ts';
import { countElements, type TensorIndex, type TensorInfo } from '../tensor/tensorIndex.ts';
import { positionDTypes, positionPart, type PositionDType } from './positionCodes.ts';

/** Numbers of the forms of patches: positions as they are, and also as gaps. */
export const patchForms = { indices: '1', gaps: '2' } as const;

/** Names of a patch's metadata. */
export const patchKeys = {
  form: 'stitchwork_patch',
  base: 'stitchwork_base',
  task: 'stitchwork_task',
  settings: 'stitchwork_settings',
  version: 'stitchwork_version',
} as const;

/** Numbers in one block of a patch's positions, of which only the start is kept in memory. */
export const blockCodes = 65_536;

/** What the numbers of a block start from. */
export interface PositionBlock {
  /** No position in it is lower; what its first gap counts from. */
  from: number;
  /** Number of its first position. */
  first: number;
}

/** One tensor of a patch: `kept` ascending flat positions, and θ_ft there. */
export interface PatchEntry {
  /** Of the base's tensor. */
  name: string;
  /** Of the values. */
  dtype: MergeableDType;
  kept: number;
  positions: TensorInfo & { dtype: PositionDType };
  values: TensorInfo;
  /** Every `blockCodes` numbers; empty until the positions were checked. */
  blocks: readonly PositionBlock[];
}

/** A patch as its header tells. */
export interface Patch {
  /** Content id of the base that it belongs on. */
  base: string;
  task: string;
  /** How it was localized, as the file tells: JSON, unchecked. */
  settings: string;
  entries: readonly PatchEntry[];
}

const remedy = 'Save the patch again with Stitchwork.';
const longestTask = 500;

/** The patch that a file of these tensors is, null when it is none; throws BadFile, or Unsupported for a later form. */
export function readPatchHeader(path: string, index: TensorIndex): Patch | null {
  const { metadata, tensors, files } = index;
  const text = (key: string) => (Object.hasOwn(metadata, key) ? metadata[key] : undefined);
  const form = text(patchKeys.form);
  if (form === undefined) return null;
  if (form !== patchForms.indices && form !== patchForms.gaps)
    throw unsupported(
      `${path} is a patch of form ${JSON.stringify(form.slice(0, 20))}, and this version opens forms 1 and 2. Open it with a newer Stitchwork.`,
    );
  const bad = faultsOf(path, remedy);
  if (files.length !== 1) throw bad(`is a patch in ${files.length} files instead of one`);
  const base = text(patchKeys.base) ?? '';
  if (!/^[0-9a-f]{64}$/.test(base))
    throw bad(
      `names its base by ${JSON.stringify(base.slice(0, 70))} instead of a content id of 64 hexadecimal digits`,
    );
  const task = text(patchKeys.task) ?? '';
  if (task === '' || task.length > longestTask)
    throw bad(`names no task of 1 to ${longestTask} characters`);
  const settings = text(patchKeys.settings) ?? '{}';
  return { base, task, settings, entries: pairUp(tensors, bad) };
}

/** The tensors of a patch in pairs of positions and values. */
function pairUp(tensors: readonly TensorInfo[], bad: Fail): PatchEntry[] {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const entries = new Map<string, PatchEntry>();
  for (const tensor of tensors) {
    const [, name, part] = /^(.+)\.(indices|gaps|values)$/s.exec(tensor.name) ?? [];
    if (name === undefined)
      throw bad(
        `holds ${tensor.name}, which is neither positions (.indices or .gaps) nor values (.values)`,
      );
    if (part === 'values') {
      if (!byName.has(`${name}.indices`) && !byName.has(`${name}.gaps`))
        throw bad(`holds ${tensor.name} without ${name}.indices or ${name}.gaps`);
      continue;
    }
    const values = byName.get(`${name}.values`);
    if (!values) throw bad(`holds ${tensor.name} without ${name}.values`);
    if (entries.has(name)) throw bad(`holds both ${name}.indices and ${name}.gaps`);
    entries.set(name, entryOf(name, tensor, values, bad));
  }
  return [...entries.values()];
}

function entryOf(name: string, positions: TensorInfo, values: TensorInfo, bad: Fail): PatchEntry {
  const dtypes = positionDTypes.filter(
    (each) => positions.name === `${name}.${positionPart(each)}`,
  );
  const codeDtype = dtypes.find((each) => each === positions.dtype);
  if (!codeDtype)
    throw bad(`holds ${positions.name} as ${positions.dtype} instead of ${dtypes.join(' or ')}`);
  const { dtype } = values;
  if (!isMergeable(dtype))
    throw bad(`holds ${values.name} as ${dtype}, which is no floating-point dtype that merges`);
  const [codes, kept] = [countElements(positions), countElements(values)];
  const isList = positions.shape.length === 1 && values.shape.length === 1;
  if (!isList || (codeDtype === 'I32' ? codes !== kept : codes < kept))
    throw bad(
      `holds ${positions.name} of shape [${positions.shape.join(', ')}] and ${values.name} of shape [${values.shape.join(', ')}] instead of two lists of one length`,
    );
  return { name, dtype, kept, positions: { ...positions, dtype: codeDtype }, values, blocks: [] };
}
