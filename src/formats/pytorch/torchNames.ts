import type { DType } from '../../tensor/dtype.ts';
import { PickleName, type PickleValue } from './pickleValues.ts';

/**
 * Storages of one dtype, as torch.FloatStorage or torch.cuda.FloatStorage, and dtypes, as torch.float32; null where
 * safetensors has no such dtype.
 */
const dtypes: Record<string, DType | null> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
  ComplexFloatStorage: 'C64',
  ComplexDoubleStorage: null,
  QInt8Storage: null,
  QUInt8Storage: null,
  QInt32Storage: null,
  QUInt4x2Storage: null,
  QUInt2x4Storage: null,
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint64: 'U64',
  uint32: 'U32',
  uint16: 'U16',
  uint8: 'U8',
  bool: 'BOOL',
  complex64: 'C64',
  complex128: null,
  float8_e4m3fn: 'F8_E4M3',
  float8_e5m2: 'F8_E5M2',
  float8_e4m3fnuz: 'F8_E4M3FNUZ',
  float8_e5m2fnuz: 'F8_E5M2FNUZ',
  float8_e8m0fnu: 'F8_E8M0',
};

/** The dtype a storage class or a dtype of torch stands for; null when none is known here, undefined for other names. */
export function dtypeOf(full: string): DType | null | undefined {
  const [, name = ''] = /^torch\.(?:cuda\.(?=\w+Storage$))?(\w+)$/.exec(full) ?? [];
  return Object.hasOwn(dtypes, name) ? dtypes[name] : undefined;
}

/** Whether a name is the storage of bytes whose dtype the tensor tells. */
export function isUntyped(full: string): boolean {
  return full === 'torch.storage.UntypedStorage' || full === 'torch.UntypedStorage';
}

/** Whether a name puts a tensor into a Parameter, in the form of today or that of PyTorch up to 0.4.1. */
export function makesParameter(full: string): boolean {
  return /^torch\.(?:_utils\._rebuild_parameter(?:_with_state)?|nn\.(?:parameter\.)?(?:Parameter|Buffer)|autograd\.(?:variable\.)?Variable)$/.test(
    full,
  );
}

/** Whether a name makes a tensor by code that does not run here, such as a sparse one of its indices. */
export function makesTensor(full: string): boolean {
  return (
    full.startsWith('torch._utils._rebuild_') ||
    /^torch\.(?:zeros|ones|full|empty|rand\w*|tensor|as_tensor|from_numpy|arange|linspace|eye|cat|stack)$/.test(
      full,
    )
  );
}

/** Whether a name makes an instance of the class that is its first argument. */
export function buildsInstance(full: string): boolean {
  return /^(?:copyreg|copy_reg)\.(?:__newobj__|_reconstructor)$/.test(full);
}

/** Whether a name puts a class or attributes around a tensor. */
export function isTyped(full: string): boolean {
  return full === 'torch._tensor._rebuild_from_type_v2';
}

/** Whether a name rebuilds tensors in a way that is read. */
export function isRebuild(full: string): boolean {
  const isTensor = /^torch\._utils\._rebuild_tensor(?:_v[23])?$/.test(full);
  return isTensor || makesParameter(full) || isTyped(full);
}

/** Names that make lists, tuples and sets of their first argument. */
export const listMakers: ReadonlySet<string> = new Set(
  ['builtins', '__builtin__'].flatMap((module) =>
    ['set', 'frozenset', 'list', 'tuple'].map((name) => `${module}.${name}`),
  ),
);

/** Names that make dicts. */
export const dictMakers: ReadonlySet<string> = new Set([
  'collections.OrderedDict',
  'collections.defaultdict',
  'collections.Counter',
  'builtins.dict',
  '__builtin__.dict',
]);

const dotted = (modules: string, names: string) =>
  words(modules).flatMap((module) => words(names).map((name) => `${module}.${name}`));

/** Functions of Python that hold no way to run a command. */
const benign = [
  ...dotted(
    'builtins __builtin__',
    'int long float str unicode bool bytes bytearray memoryview object slice complex range xrange type len min max sum abs round pow divmod any all zip enumerate sorted reversed iter next repr hash ord chr id print callable isinstance issubclass property staticmethod classmethod super Ellipsis NotImplemented Exception BaseException ValueError TypeError KeyError IndexError RuntimeError AttributeError StopIteration KeyboardInterrupt NotImplementedError AssertionError',
  ),
  ...dotted('functools', 'partial partialmethod lru_cache wraps update_wrapper'),
  ...dotted(
    'operator _operator',
    'add sub mul truediv floordiv mod neg pos abs pow matmul eq ne lt le gt ge and_ or_ xor not_ itemgetter getitem',
  ),
  ...dotted('types', 'SimpleNamespace MappingProxyType NoneType'),
];

const numpyNames = [
  ...['core', '_core'].flatMap((core) => [
    `numpy.${core}.multiarray.scalar`,
    `numpy.${core}.multiarray._reconstruct`,
  ]),
  'numpy.dtype',
  'numpy.ndarray',
];

/** Names beside those of tensors that ordinary checkpoints hold; what they make is never looked into. */
const harmless: ReadonlySet<string> = new Set([
  ...listMakers,
  ...dictMakers,
  ...numpyNames,
  ...benign,
  '_codecs.encode',
  'argparse.Namespace',
  'copyreg._reconstructor',
  'copy_reg._reconstructor',
  'copyreg.__newobj__',
  'copy_reg.__newobj__',
  'pathlib.PosixPath',
  'pathlib.WindowsPath',
  'pathlib.PurePosixPath',
  'datetime.datetime',
  'torch.Size',
  'torch.device',
  'torch.Tensor',
  'torch.serialization._get_layout',
]);

/** Whether a checkpoint may hold this name whatever it is a checkpoint of. */
export function isHarmless(full: string): boolean {
  return harmless.has(full) || isRebuild(full) || isUntyped(full) || dtypeOf(full) !== undefined;
}

/** Packages whose classes and functions are common attributes of pickled modules. */
export const modulePackages: readonly string[] = words(
  'torch torchvision torchaudio transformers tokenizers open_clip clip timm numpy PIL',
  'collections __torch__',
);

/** Packages by whose functions a pickle can run any command when Python loads it. */
const commandPackages: ReadonlySet<string> = new Set(
  words(
    'os posix nt ntpath posixpath sys subprocess _posixsubprocess builtins __builtin__ importlib imp runpy',
    'socket _socket ssl shutil pty tty commands webbrowser ctypes _ctypes pickle _pickle cPickle marshal shelve',
    'dill cloudpickle urllib urllib2 requests aiohttp http httplib ftplib smtplib poplib imaplib telnetlib',
    'xmlrpc operator _operator types functools asyncio multiprocessing threading _thread signal concurrent',
    'code codeop timeit cProfile profile pdb bdb doctest pydoc inspect pkgutil zipimport zipapp',
    'ensurepip pip venv idlelib lib2to3 distutils setuptools tempfile tkinter atexit sched _aix_support',
    '_osx_support _pyrepl',
  ),
);
/** Functions of other packages that load code or run it. */
const commandNames =
  /^(?:torch\.(?:load|hub\b|jit\.load|jit\.unsupported|serialization\.load|storage\._load_from_bytes|_dynamo\b|_inductor\b|utils\.(?:bottleneck|cpp_extension|collect_env)\b|distributed\.rpc\b)|numpy\.(?:load|f2py|distutils|testing)\b|pandas\.(?:eval|read_pickle)|joblib\.load|logging\.config\b|uuid\._|sympy\.sympify|yaml\.(?:unsafe_|full_)?load)/;

/** Modules and functions that run commands, reached through a package that imports them. */
const withinNames: ReadonlySet<string> = new Set(
  words(
    'os posix nt sys subprocess builtins __builtin__ __builtins__ importlib runpy shutil socket pty ctypes',
    'pickle _pickle marshal eval exec execfile system popen __import__ __globals__ __subclasses__ __dict__',
    '__getattribute__ __reduce__ __reduce_ex__ __base__ __bases__ __mro__ __code__ __loader__ __spec__',
  ),
);

/** Whether a pickle can run any command by this name when Python loads it. */
export function runsCommands({ module, full }: PickleName): boolean {
  if (isHarmless(full)) return false;
  const [top = ''] = module.split('.');
  const isWithin = full.split('.').some((part) => withinNames.has(part));
  return isWithin || commandPackages.has(top) || commandNames.test(full);
}

/** Whether a call of getattr is how Python 3.11 pickles the member of an enum, or a method of a class. */
export function mayReach(
  full: string,
  args: readonly PickleValue[],
): args is readonly [PickleName, string] {
  const [owner, member] = args;
  return (
    /^(?:builtins|__builtin__)\.getattr$/.test(full) &&
    owner instanceof PickleName &&
    !runsCommands(owner) &&
    typeof member === 'string' &&
    /^[A-Za-z]\w*$/.test(member)
  );
}

/** The words of lines. */
function words(...lines: readonly string[]): string[] {
  return lines.flatMap((line) => line.split(' '));
}
