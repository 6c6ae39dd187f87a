import { bug, unsupported } from '../errors.ts';
import { widen } from '../tensor/convert.ts';
import { dtypeBits, isMergeable, type DType } from '../tensor/dtype.ts';
import { composePieces, type ComposedFile } from './outputFiles.ts';
import { takeKept, type PatchTensor } from './patch.ts';

/** A tensor of a mask, and what it is to its model; `layer` and `component` as in `TensorRole`. */
export interface AdapterTensor extends PatchTensor {
  shape: readonly number[];
  layer: number | null;
  component: string;
  /** Of the base and, where it is known, of the fine-tune. */
  dtypes: readonly DType[];
  /** θ_pre of elements [start, start + elements), in f32. */
  readBase(start: number, elements: number): Promise<Float32Array>;
}

type Header = Pick<AdapterTensor, 'name' | 'shape' | 'kept' | 'layer' | 'component' | 'dtypes'>;

const exactDtypes: readonly DType[] = ['F32', 'F16', 'BF16'];

/** Why a mask is no SHiRA adapter, null when it may be one; GPT-2 and models unknown hold no linear layers that are known. */
export function whyNoShira(architecture: string | null, tensors: readonly Header[]): string | null {
  const held = tensors.filter(({ kept }) => kept > 0);
  if (architecture === null || architecture === 'gpt2')
    return architecture === null
      ? 'Which tensors are linear layers is not known of this architecture.'
      : 'SHiRA takes linear layers, and GPT-2 is made of Conv1D layers.';
  if (held.length === 0) return 'The mask holds no weights.';
  const others = held.filter((tensor) => !isLinear(tensor));
  if (others[0])
    return `SHiRA takes linear layers alone, and the mask also touches ${others[0].name}${others.length > 1 ? ` and ${others.length - 1} more` : ''}. Leave these out of the scope, and merge again.`;
  const wide = held.find(({ dtypes }) => dtypes.some((dtype) => !exactDtypes.includes(dtype)));
  if (wide)
    return `SHiRA adapters are in float32, and ${wide.name} is ${wide.dtypes.join(' and ')}.`;
  const rank = rankOf(held);
  const small = held.find(({ shape }) => rank * sum(shape) > product(shape));
  return small
    ? `SHiRA gives every layer a share of ${rank} · (rows + columns) weights, and ${small.name} has fewer. Lower the density, and merge again.`
    : null;
}

function isLinear({ name, shape, layer, component }: Header): boolean {
  const inBlock = layer !== null && (component === 'attention' || component === 'MLP');
  return inBlock && shape.length === 2 && /(?<!relative_attention_bias)\.weight$/.test(name);
}

const sum = (shape: readonly number[]) => shape.reduce((a, b) => a + b, 0);
const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** SHiRA's r: every layer holds r · (rows + columns) weights. */
function rankOf(held: readonly Header[]): number {
  return Math.max(...held.map(({ kept, shape }) => Math.ceil(kept / sum(shape))));
}

/**
 * A mask as a SHiRA adapter of PEFT (Bhardwaj et al. 2024, arXiv:2406.13175): adapter_config.json, and for each layer its
 * changes θ_ft − θ_pre in f32 with their [2, n] rows and columns, filled up with changes of −0, which leave every weight as
 * it is. One chunk is in memory at a time. Throws Unsupported when a change does not add up to the bits of θ_ft.
 */
export async function composeShira(
  base: string,
  tensors: readonly AdapterTensor[],
): Promise<ComposedFile[]> {
  const held = tensors.filter(({ kept }) => kept > 0);
  const rank = rankOf(held);
  const pieces = [];
  for (const tensor of held) pieces.push(...(await gather(tensor, rank * sum(tensor.shape))));
  const config = {
    ...{ peft_type: 'SHIRA', base_model_name_or_path: base, task_type: null, inference_mode: true },
    ...{ r: rank, mask_type: 'random', random_seed: null, init_weights: true },
    target_modules: held.map(({ name }) => moduleOf(name)),
    ...{ fan_in_fan_out: false, modules_to_save: null },
  };
  return [
    { name: 'adapter_config.json', blob: new Blob([`${JSON.stringify(config, null, 2)}\n`]) },
    composePieces('adapter_model.safetensors', pieces, { format: 'pt' }),
  ];
}

const moduleOf = (name: string) => name.replace(/\.weight$/, '');

async function gather(tensor: AdapterTensor, count: number) {
  const { name, kept, shape } = tensor;
  const columns = shape[1] ?? 1;
  const [across, down, deltas]: [Blob[], Blob[], Blob[]] = [[], [], []];
  for (const chunk of tensor.chunks) {
    const taken = await takeDeltas(tensor, chunk);
    down.push(new Blob([taken.positions.map((k) => Math.floor(k / columns))]));
    across.push(new Blob([taken.positions.map((k) => k % columns)]));
    deltas.push(new Blob([taken.deltas]));
  }
  const fill = new Blob([new Int32Array(count - kept)]);
  deltas.push(new Blob([new Float32Array(count - kept).fill(-0)]));
  const key = `base_model.model.${moduleOf(name)}`;
  return [
    {
      ...{ name: `${key}.shira_weight`, dtype: 'F32' as const, shape: [count] },
      blob: new Blob(deltas),
    },
    {
      ...{ name: `${key}.shira_indices`, dtype: 'I32' as const, shape: [2, count] },
      blob: new Blob([...down, fill, ...across, fill]),
    },
  ];
}

async function takeDeltas(
  { name, dtype, readBase }: AdapterTensor,
  { start, elements, open }: AdapterTensor['chunks'][number],
): Promise<{ positions: Int32Array<ArrayBuffer>; deltas: Float32Array<ArrayBuffer> }> {
  if (!isMergeable(dtype)) throw bug(`${name} is ${dtype}.`);
  const { words, values } = await open();
  const taken = takeKept(words, values, dtypeBits[dtype] / 8, start, elements);
  const tuned = new Float32Array(widen(taken.values, dtype, 'F32').buffer);
  const own = await readBase(start, elements);
  const deltas = new Float32Array(tuned.length);
  for (const [i, position] of taken.indices.entries()) {
    const [before, after] = [own[position - start] ?? 0, tuned[i] ?? 0];
    deltas[i] = after - before;
    if (Number.isNaN(after) || !Object.is(Math.fround(before + (deltas[i] ?? 0)), after))
      throw unsupported(
        `The change of ${name} at position ${position} cannot be added to the base in float32 without rounding, and a SHiRA adapter holds changes. Save patches instead.`,
      );
  }
  return { positions: taken.indices, deltas };
}
