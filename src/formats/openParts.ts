import { AppError, faultsOf } from '../errors.ts';
import { prefixOf, type ModelPart } from '../tensor/modelParts.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import { listNames } from '../wording.ts';
import type { JsonValue, OpenedCheckpoint } from './checkpoint.ts';
import { isModelStem, shardOf, trainedInto } from './copies.ts';
import { nameOf, stemOf } from './fileRoles.ts';
import {
  groupFolder,
  noteOnSteps,
  readWhole,
  type Folder,
  type Group,
  type Identify,
} from './openFolder.ts';
import type { SourceFile } from './source.ts';
import { parseStrictJson } from './strictJson.ts';

/** A folder that a file names as a part of the model, by its path below; `mayLack`: nothing need lie in it. */
interface NamedPart {
  path: string;
  mayLack: boolean;
}

/** Files that name the parts of the model in whose folder they lie. */
const namingFiles: Readonly<Record<string, (content: JsonValue) => NamedPart[]>> = {
  // sentence-transformers
  'modules.json': (content) =>
    (Array.isArray(content) ? content : []).flatMap((module) => {
      const [path, type] = module instanceof Map ? [module.get('path'), module.get('type')] : [];
      if (typeof path !== 'string') return [];
      return { path, mayLack: typeof type === 'string' && type.endsWith('Normalize') };
    }),
  // diffusers
  'model_index.json': (content) =>
    [...(content instanceof Map ? content : [])].flatMap(([path, kind]) =>
      Array.isArray(kind) && typeof kind[1] === 'string' ? { path, mayLack: false } : [],
    ),
};

/** What names the folders of a Router of sentence-transformers that is the model itself. */
const routing = 'router_config.json';
const namedByRouter = (content: JsonValue): NamedPart[] => {
  const types = content instanceof Map ? content.get('types') : undefined;
  return types instanceof Map ? [...types.keys()].map((path) => ({ path, mayLack: true })) : [];
};

const remedy = 'Download the folder again, with all its files.';
const maxNamingBytes = 1024 * 1024;
const plainPath = /^(?:[^./\\\0][^/\\\0]*(?:\/[^./\\\0][^/\\\0]*)*)?$/;

/** A model of several parts: what names them, their folders, and what is to be said of them. */
interface Parted {
  root: Folder;
  by: string;
  folders: Folder[];
  notes: string[];
}

/** Takes the models of several parts out of the folders; `onFault` is told of what names parts and cannot be read. */
export async function takeParted(
  folders: ReadonlyMap<string, Folder>,
  identify: Identify,
  onFault: (path: string, fault: AppError) => void,
): Promise<Group[]> {
  const groups: Group[] = [];
  for (const root of [...folders.values()].sort((a, b) => a.path.length - b.path.length)) {
    for (const naming of root.side.filter(({ path }) => Object.hasOwn(namingFiles, nameOf(path)))) {
      try {
        const by = nameOf(naming.path);
        const named = await readNamed(naming);
        const inner = root.side.find(({ path }) => nameOf(path) === routing);
        if (inner && named.some(({ path }) => path === '')) named.push(...(await readNamed(inner)));
        const parted = findParts(root, by, named, [...folders.values()]);
        if (!parted) continue;
        groups.push(groupOf(parted, identify));
        break;
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        onFault(naming.path, error);
      }
    }
  }
  return groups;
}

async function readNamed(naming: SourceFile): Promise<NamedPart[]> {
  const bytes = await readWhole(naming, maxNamingBytes);
  const content = parseStrictJson(bytes, { what: naming.path, remedy });
  const by = nameOf(naming.path);
  const named = (by === routing ? namedByRouter : namingFiles[by])?.(content) ?? [];
  const odd = named.find(({ path }) => !plainPath.test(path));
  if (odd) throw faultsOf(naming.path, remedy)(`names the part ${JSON.stringify(odd.path)}`);
  return named;
}

/** The parts of a model; null where none has weights. What else is below its folder is left out. */
function findParts(
  root: Folder,
  by: string,
  named: readonly NamedPart[],
  folders: readonly Folder[],
): Parted | null {
  const below = (path: string) => path.slice(prefixOf(root).length);
  const isIn = (folder: string, part: string) =>
    folder === part || (part !== '' && folder.startsWith(`${part}/`));
  const inside = folders.filter(
    ({ path }) => path === root.path || path.startsWith(prefixOf(root)),
  );
  const steps = inside.filter(({ path }) => trainedInto(below(path))?.model === '');
  const rest = inside.filter((folder) => !steps.includes(folder));
  // In the order in which they are named, whatever that of the drop: masks count positions in it.
  const place = ({ path }: Folder) => named.findIndex((part) => isIn(below(path), part.path));
  const own = rest
    .filter((folder) => place(folder) >= 0)
    .sort((a, b) => place(a) - place(b) || (a.path < b.path ? -1 : 1));
  if (!own.some(hasWeights)) return null;
  const others = rest.filter((folder) => !own.includes(folder) && hasWeights(folder));
  const strays = others.flatMap((folder) =>
    folder === root ? folder.weights.map(({ path }) => nameOf(path)) : below(folder.path),
  );
  const absent = named.filter(
    ({ path, mayLack }) => !mayLack && !rest.some((folder) => isIn(below(folder.path), path)),
  );
  const parts = own.filter(hasWeights).map(({ path }) => below(path) || 'its own folder');
  const notes = [
    `By ${by} one model; its parts with weights: ${parts.join(', ')}.`,
    ...(absent.length > 0
      ? [`${by} names ${listNames(absent.map(({ path }) => path))}, not found in the folder.`]
      : []),
    ...(strays.length > 0
      ? [
          `${listNames(strays)}, not named by ${by}, ${strays.length === 1 ? 'is' : 'are'} left out.`,
        ]
      : []),
    ...noteOnSteps(steps.filter(hasWeights).map(({ path }) => below(path).split('/')[0] ?? '')),
  ];
  const parted = { root: { ...root }, by, folders: own.map(withHeads), notes };
  for (const folder of inside) Object.assign(folder, { weights: [], shardIndexes: [], side: [] });
  return parted;
}

/** Most bytes of a file of weights that is copied as a side file is. */
const maxHeadBytes = 16e6;

/** A part's folder in which other weights beside the model's own, such as colbert_linear.pt, are side files. */
function withHeads(folder: Folder): Folder {
  const isOwn = ({ path }: SourceFile) => isModelStem(stemOf(shardOf(path)?.whole ?? nameOf(path)));
  const heads = folder.weights.filter((source) => !isOwn(source));
  if (heads.length === folder.weights.length || heads.length === 0) return { ...folder };
  const kept = heads.filter(({ blob }) => blob.size <= maxHeadBytes);
  return {
    ...folder,
    weights: folder.weights.filter(isOwn),
    side: [...folder.side, ...kept],
    heads: heads.map(({ path }) => nameOf(path)),
  };
}

const hasWeights = ({ weights }: Folder) => weights.length > 0;

function groupOf({ root, by, folders, notes }: Parted, identify: Identify): Group {
  const path = root.path || by;
  const below = (each: string) => each.slice(prefixOf(root).length);
  const open = async (): Promise<OpenedCheckpoint[]> => {
    const opened = folders.filter(hasWeights).map(async (folder) => {
      const groups = groupFolder(folder, identify).map((each) => each.open());
      const [only, ...more] = (await Promise.all(groups)).flat();
      if (more.length === 0) return only && { path: below(folder.path), opened: only };
      const names = folder.weights.map((each) => nameOf(each.path));
      const fail = faultsOf(folder.path || path, 'Leave the files of one in the folder.');
      throw fail(`is one part by ${by}, and holds ${more.length + 1} models (${names.join(', ')})`);
    });
    const pieces = (await Promise.all(opened)).flatMap((piece) => piece ?? []);
    // What is wrong with a part is told already.
    if (pieces.length < opened.length) return [];
    const name = nameOf(root.path) || 'model';
    const adapter = pieces.find(({ opened }) => opened.adapter);
    if (adapter && pieces.length === 1) return [{ ...adapter.opened, name }];
    if (adapter)
      throw faultsOf(
        `${path}/${adapter.path}`,
        'Open its folder by itself.',
      )('is an adapter beside parts with weights of their own');
    const hasRoot = folders.some((each) => each.path === root.path);
    const sideFiles = (hasRoot ? folders : [root, ...folders])
      .flatMap(({ side }) => side)
      .map((source) => ({ ...source, path: below(source.path) }));
    const told = [...notes, ...pieces.flatMap(notesIn)];
    return [{ ...joinParts(pieces), name, sideFiles, notes: told }];
  };
  return { path, open };
}

interface OpenedPart {
  path: string;
  opened: OpenedCheckpoint;
}

const notesIn = ({ path, opened: { notes = [] } }: OpenedPart) =>
  notes.map((note) => (path === '' ? note : `${path}: ${note}`));

/** The weights of all parts as those of one checkpoint. */
function joinParts(
  pieces: readonly OpenedPart[],
): Pick<OpenedCheckpoint, 'index' | 'weightFiles' | 'architecture' | 'parts'> {
  const files: { name: string; bytes: number }[] = [];
  const tensors: TensorInfo[] = [];
  const parts: ModelPart[] = [];
  for (const { path, opened } of pieces) {
    const prefix = prefixOf({ path });
    const first = files.length;
    const moved = (tensor: TensorInfo): TensorInfo => ({
      ...tensor,
      name: prefix + tensor.name,
      file: first + tensor.file,
      ...(tensor.codes && { codes: { ...tensor.codes, scale: moved(tensor.codes.scale) } }),
    });
    for (const tensor of opened.index.tensors) tensors.push(moved(tensor));
    files.push(...opened.index.files.map(({ name, bytes }) => ({ name: prefix + name, bytes })));
    parts.push({ path, architecture: opened.architecture });
  }
  const metadata = Object.fromEntries(
    pieces.flatMap(({ opened }) => Object.entries(opened.index.metadata)),
  );
  return {
    index: { files, tensors, metadata },
    weightFiles: pieces.flatMap(({ opened }) => opened.weightFiles),
    architecture: parts.find(({ path }) => path === '')?.architecture ?? null,
    parts,
  };
}
