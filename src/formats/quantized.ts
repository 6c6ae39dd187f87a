import { unsupported, type AppError } from '../errors.ts';
import type { DType } from '../tensor/dtype.ts';
import type { ScaledCodes, TensorInfo } from '../tensor/tensorIndex.ts';
import { listNames } from '../wording.ts';

/** What a configuration says of how weights are quantized. */
export interface Quantization {
  /** Its name, e.g. "gptq". */
  method: string;
  /** Rows and columns of a block of float8 with one scale. */
  block: readonly [number, number] | null;
}

/** A way of packing weights that is not read. */
interface Packing {
  name: string;
  /** The names of what only such weights have beside them, or are called. */
  names: RegExp;
  dtypes?: readonly DType[];
  /** How to write the weights whole, of a model in the folder `MODEL`. */
  python: string;
}

const load = 'model = AutoModelForCausalLM.from_pretrained("MODEL")';
const save = 'model.save_pretrained("full")';
const byTransformers = `${load}; model.dequantize(); ${save}`;
const byIdentity = `${load}, in which the weight of a quantized layer is layer(torch.eye(layer.in_features)).T less its bias`;

function byConfig(name: string): string {
  return `model = AutoModelForCausalLM.from_pretrained("MODEL", quantization_config=${name}(dequantize=True)); ${save}`;
}

const packings: readonly Packing[] = [
  {
    name: 'bitsandbytes, 4 bits',
    names: /\.(?:absmax|quant_map|quant_state\.bitsandbytes__\w+)$/,
    python: byTransformers,
  },
  { name: 'GPTQ or AWQ', names: /\.(?:qweight|qzeros)$/, python: byIdentity },
  { name: 'compressed-tensors, packed', names: /\.weight_packed$/, python: byIdentity },
  {
    name: 'MXFP4',
    names: /_blocks$/,
    dtypes: ['U8'],
    python: byConfig('Mxfp4Config'),
  },
  { name: 'HQQ', names: /\.W_q$/, python: byIdentity },
  { name: 'AQLM', names: /\.codes$/, dtypes: ['I8', 'I16', 'U8'], python: byIdentity },
  {
    name: 'MLX',
    names: /\.weight$/,
    dtypes: ['U32'],
    python: 'python -m mlx_lm convert --hf-path MODEL --mlx-path full --dequantize',
  },
  { name: 'quanto', names: /\.weight\._data$/, python: byIdentity },
  { name: 'codes with zero points', names: /(?:\bweight|\.)_?zero_point$/, python: byIdentity },
  {
    name: 'NVFP4',
    names: /\.weight$/,
    dtypes: ['F4'],
    python: byIdentity,
  },
];

/** How the methods of transformers that can are dequantized. */
const pythonOf: Readonly<Record<string, string>> = {
  bitsandbytes: byTransformers,
  higgs: byTransformers,
  fp8: byConfig('FineGrainedFP8Config'),
  'compressed-tensors': byConfig('CompressedTensorsConfig'),
};

/** Scales of codes: the name of what they scale comes before. */
const scaleNames = /(?<=weight)_scale(?:_inv)?$|(?<=\.)(?:SCB|scale_weight|scale)$/;
/** What lies beside scaled codes and has no part in their values. */
const idleNames =
  /\.(?:input_scale|activation_scale|scale_input|weight_format)$|(?:^|\.)scaled_fp8$/;

/** float8 of this kind is scaled in blocks of so many rows and columns where nothing else is said. */
const usualBlock = [128, 128] as const;

/**
 * Tensors with those that are stored as codes with scales (float8 and int8: one scale, one a row, or one a block) as the float32
 * that they stand for. Throws Unsupported where weights are packed in a way that is not read.
 */
export function readQuantized(
  what: string,
  tensors: readonly TensorInfo[],
  said: Quantization | null,
): TensorInfo[] {
  for (const packing of packings) {
    const { names, dtypes } = packing;
    const found = tensors.filter(
      ({ name, dtype }) => names.test(name) && (dtypes?.includes(dtype) ?? true),
    );
    if (found.length > 0) throw refusal(what, packing, found);
  }
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const scaled = new Map<TensorInfo, ScaledCodes>();
  const scales = new Set<TensorInfo>();
  for (const scale of tensors) {
    const codes = codesOf(scale.name, byName);
    if (!codes) continue;
    scales.add(scale);
    scaled.set(codes, scaling(what, codes, scale, said));
  }
  const left = tensors.filter((tensor) => !scaled.has(tensor) && !scales.has(tensor));
  if (said && scaled.size === 0) refuseCodes(what, left.filter(isPacked), said.method);
  refuseCodes(what, strayCodes(left), said?.method ?? 'in a way that is not known here');
  if (scaled.size === 0) return [...tensors];
  return tensors
    .filter((tensor) => !scales.has(tensor) && !idleNames.test(tensor.name))
    .map((tensor): TensorInfo => {
      const codes = scaled.get(tensor);
      return codes ? { ...tensor, dtype: 'F32', codes } : tensor;
    });
}

function refusal(what: string, { name, python }: Packing, found: readonly TensorInfo[]): AppError {
  return unsupported(
    `${what} is quantized (${name}), and packed codes do not merge: ${listNames(found.map((each) => each.name))}. Take the full checkpoint that it was made from, or dequantize it in Python: ${python}.`,
  );
}

/** The codes that a tensor of this name scales; undefined where it scales none. */
function codesOf(name: string, byName: ReadonlyMap<string, TensorInfo>): TensorInfo | undefined {
  if (!scaleNames.test(name)) return undefined;
  const stem = name.replace(scaleNames, '');
  const codes = byName.get(stem.endsWith('.') ? `${stem}weight` : stem);
  return codes && ['F8_E4M3', 'F8_E5M2', 'I8'].includes(codes.dtype) ? codes : undefined;
}

/** How codes [rows × columns] are scaled; throws Unsupported where their scales do not fit them. */
function scaling(
  what: string,
  codes: TensorInfo,
  scale: TensorInfo,
  said: Quantization | null,
): ScaledCodes {
  const [rows = 0, columns = 0] = codes.shape;
  const [down = 1, across = 1] = scale.shape;
  const whole = scale.shape.every((size) => size === 1);
  const byRow = !whole && down === rows && across === 1;
  const given = said?.block ?? usualBlock;
  const block = [whole ? rows : byRow ? 1 : given[0], whole || byRow ? columns : given[1]] as const;
  const fits =
    codes.shape.length === 2 &&
    !codes.strides &&
    scale.shape.length <= 2 &&
    Math.ceil(rows / block[0]) === down &&
    Math.ceil(columns / block[1]) === across &&
    ['F32', 'F16', 'BF16'].includes(scale.dtype);
  if (!fits)
    throw unsupported(
      `${what} is quantized, and the scales of ${codes.name} are of no kind that is read: ${scale.dtype} [${scale.shape.join(', ')}] for [${codes.shape.join(', ')}]. Dequantize it in Python: ${(said && pythonOf[said.method]) ?? byIdentity}.`,
    );
  const dtype = codes.dtype as ScaledCodes['dtype'];
  return { dtype, scale, block, divisor: scale.name.endsWith('SCB') ? 127 : 1 };
}

const isCode = ({ dtype }: TensorInfo) => /^(?:I8|I16|I32|U\d+|F[468]_?\w*)$/.test(dtype);

/** Whether a tensor may be weights as codes, and no table of positions or mask. */
function isPacked(tensor: TensorInfo): boolean {
  const { name, dtype, shape } = tensor;
  if (/weight/.test(name) && /^[IU]\d/.test(dtype)) return true;
  return shape.length >= 2 && isCode(tensor) && !/bias|mask|position|index$/.test(name);
}

const scaleDtypes = ['F32', 'F16', 'BF16', 'F8_E4M3', 'F8_E8M0'];

/** Codes beside which lie scales that were not read: of the same module, or named after them. */
function strayCodes(tensors: readonly TensorInfo[]): TensorInfo[] {
  const scales = tensors.filter(
    ({ name, dtype }) =>
      scaleDtypes.includes(dtype) && /scales?(?:_inv|_\d)?$/.test(name) && !idleNames.test(name),
  );
  if (scales.length === 0) return [];
  const modules = new Map<string, TensorInfo[]>();
  for (const scale of scales) {
    const module = moduleOf(scale.name);
    modules.set(module, [...(modules.get(module) ?? []), scale]);
  }
  return tensors.filter((tensor) => {
    const { name, shape } = tensor;
    if (!isCode(tensor) || shape.length < 2 || scales.includes(tensor)) return false;
    const module = moduleOf(name);
    const own = name.slice(module.length);
    return (modules.get(module) ?? []).some((scale) => {
      const rest = scale.name.slice(module.length);
      const isOf = /weight/.test(own) || rest.startsWith(`${own}_`);
      return isOf && (scale.dtype !== tensor.dtype || rest.includes('weight'));
    });
  });
}

const moduleOf = (name: string) => name.slice(0, name.lastIndexOf('.') + 1);

/** Throws where there are codes that are not read. */
function refuseCodes(what: string, codes: readonly TensorInfo[], method: string): void {
  if (codes.length === 0) return;
  const python = pythonOf[method] ?? byIdentity;
  throw refusal(what, { name: method, names: /$/, python }, codes);
}

/** What config.json says of it: `quantization_config`, as parsed. */
export function quantizationOf(config: unknown): Quantization | null {
  const found = config instanceof Map ? (config.get('quantization_config') as unknown) : null;
  if (!(found instanceof Map)) return null;
  const method: unknown = found.get('quant_method');
  const block: unknown = found.get('weight_block_size');
  const sizes = Array.isArray(block) ? block.map(Number) : [];
  const [rows = 0, columns = 0] = sizes;
  const isBlock =
    sizes.length === 2 && sizes.every((size) => Number.isSafeInteger(size) && size > 0);
  return {
    method: typeof method === 'string' ? method.slice(0, 60) : 'as its configuration says',
    block: isBlock ? [rows, columns] : null,
  };
}
