import type { DType } from '../../tensor/dtype.ts';

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

/** Whether a name puts a tensor into a Parameter. */
export function makesParameter(full: string): boolean {
  return /^torch\._utils\._rebuild_parameter(?:_with_state)?$/.test(full);
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
  ...['int', 'float', 'str', 'bool', 'bytes', 'bytearray', 'object', 'slice', 'complex'].flatMap(
    (name) => [`builtins.${name}`, `__builtin__.${name}`],
  ),
  '_codecs.encode',
  'argparse.Namespace',
  'types.SimpleNamespace',
  'copyreg._reconstructor',
  'copy_reg._reconstructor',
  'functools.partial',
  'pathlib.PosixPath',
  'pathlib.WindowsPath',
  'pathlib.PurePosixPath',
  'datetime.datetime',
  'torch.Size',
  'torch.device',
  'torch.Tensor',
  'torch.nn.parameter.Parameter',
  'torch.nn.parameter.Buffer',
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
export const commandPackages: ReadonlySet<string> = new Set(
  words(
    'os posix nt sys subprocess builtins __builtin__ importlib runpy socket shutil pty commands',
    'webbrowser ctypes pickle urllib requests http operator types functools asyncio multiprocessing',
  ),
);

/** The words of lines. */
function words(...lines: readonly string[]): string[] {
  return lines.flatMap((line) => line.split(' '));
}
