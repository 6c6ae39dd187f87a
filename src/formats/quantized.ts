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
    python: `model = AutoModelForCausalLM.from_pretrained("MODEL", quantization_config=Mxfp4Config(dequantize=True)); ${save}`,
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
];

/** Scales of codes: the name of what they scale comes before. */
const scaleNames = /(?<=weight)_scale(?:_inv)?$|(?<=\.)(?:SCB|scale_weight)$/;
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
  if (scaled.size === 0) {
    if (said) refuseCodes(what, tensors, said.method);
    return [...tensors];
  }
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
      `${what} is quantized, and the scales of ${codes.name} are of no kind that is read: ${scale.dtype} [${scale.shape.join(', ')}] for [${codes.shape.join(', ')}]. Dequantize it in Python: ${byTransformers}.`,
    );
  const dtype = codes.dtype as ScaledCodes['dtype'];
  return { dtype, scale, block, divisor: scale.name.endsWith('SCB') ? 127 : 1 };
}

/** Throws where matrices of codes bear out that weights are quantized. */
function refuseCodes(what: string, tensors: readonly TensorInfo[], method: string): void {
  const codes = tensors.filter(
    ({ name, dtype, shape }) =>
      shape.length >= 2 && /weight/.test(name) && /^(?:[IU]\d|F[468])/.test(dtype),
  );
  if (codes.length > 0)
    throw refusal(what, { name: method, names: /$/, python: byTransformers }, codes);
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
