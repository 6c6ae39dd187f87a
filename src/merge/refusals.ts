import type { ModelFit } from '../api/preflight.ts';
import { countLayers, describeTensor } from '../models/describeTensor.ts';
import { architectureOf } from '../models/registry.ts';
import { isMergeable } from '../tensor/dtype.ts';
import { countElements, type TensorInfo } from '../tensor/tensorIndex.ts';
import { listNames, plural } from '../wording.ts';
import type { CheckpointHeader, DescribedBase } from './checkpointHeader.ts';
import { foldedNorms } from './foldedNorms.ts';
import { sumElements } from './matchNames.ts';

/** Names of a list in a message. */
const mostListed = 5;

/** What of a base and a model does not meet. */
interface Differences {
  /** Parameters of the base. */
  floating: readonly TensorInfo[];
  /** Those of them without a counterpart. */
  missing: readonly TensorInfo[];
  /** Those whose counterpart has another shape, with it. */
  shapes: readonly (readonly [base: TensorInfo, model: TensorInfo])[];
  /** Those whose counterpart is of a dtype that does not merge, with it. */
  dtypes: readonly (readonly [base: TensorInfo, model: TensorInfo])[];
  /** Tensors of the model alone. */
  extra: readonly TensorInfo[];
  /** Layers of the base and of the model, by stack. */
  layers: readonly [base: readonly number[], model: readonly number[]];
}

/**
 * Why a model cannot be merged with a base: what kind of difference it looks like, names that only one side has, and what to do;
 * null where it can be.
 */
export function refusalOf(
  base: DescribedBase,
  model: CheckpointHeader,
  fit: ModelFit,
  byBaseName: ReadonlyMap<string, TensorInfo>,
): string | null {
  const empty = emptyRefusal(base, model, byBaseName);
  if (empty !== null) return empty;
  const found = differencesOf(base, model, fit, byBaseName);
  if (!isRefused(base, model, found)) return null;
  const [kind, lists, remedy = 'Choose fine-tunes of one and the same base.'] =
    foldedStory(base, fit, found) ?? storyOf(base, model, found);
  const text = lists.join('; ').replace(/^o(?=nly in|f other)/, 'O');
  const told = text && ` ${text}.`;
  return `${model.name} cannot be merged with the base ${base.name}: ${kind}.${told} ${remedy}`;
}

function differencesOf(
  base: DescribedBase,
  model: CheckpointHeader,
  fit: ModelFit,
  byBaseName: ReadonlyMap<string, TensorInfo>,
): Differences {
  const floating = base.index.tensors.filter(
    ({ name, dtype }) =>
      isMergeable(dtype) && !base.roles.get(name)?.buffer && !base.follows.has(name),
  );
  const missing: TensorInfo[] = [];
  const shapes: [TensorInfo, TensorInfo][] = [];
  const dtypes: [TensorInfo, TensorInfo][] = [];
  for (const tensor of floating) {
    const counterpart = byBaseName.get(tensor.name);
    if (!counterpart) missing.push(tensor);
    else if (!base.meets(tensor, counterpart)) shapes.push([tensor, counterpart]);
    else if (!isMergeable(counterpart.dtype)) dtypes.push([tensor, counterpart]);
  }
  const alone = new Set(fit.extra);
  const layersOf = (tensors: readonly TensorInfo[]) =>
    countLayers(tensors.map(({ name }) => describeTensor(base.architecture, name)));
  return {
    ...{ floating, missing, shapes, dtypes },
    extra: model.index.tensors.filter(({ name }) => alone.has(name)),
    layers: [layersOf(base.index.tensors), layersOf(model.index.tensors)],
  };
}

function isRefused(
  base: DescribedBase,
  model: CheckpointHeader,
  { floating, missing, shapes, dtypes, extra }: Differences,
): boolean {
  const [ours, theirs] = [base, model].map((each) => architectureOf(each.architecture));
  const odd = [...missing, ...[...shapes, ...dtypes].map(([tensor]) => tensor)];
  if (ours && theirs && ours !== theirs) return true;
  if (floating.length > 0 && odd.length === floating.length) return true;
  if (!ours) return sumElements(odd) > sumElements(floating) / 2;
  return (
    odd.some(({ name }) => base.roles.get(name)?.block) ||
    extra.some(({ name }) => isDeeper(base, name))
  );
}

/** Whether a tensor of a model is of a block beyond the base's last. */
function isDeeper(base: DescribedBase, name: string): boolean {
  const { block, layer, stack } = describeTensor(base.architecture, name);
  const depth = countLayers([...base.roles.values()])[stack] ?? 0;
  return block && layer !== null && depth > 0 && layer >= depth;
}

type Story = [kind: string, lists: string[], remedy?: string];

/** The story of checkpoints of which one has folded its weight norm, where that is most of what does not meet. */
function foldedStory(
  base: DescribedBase,
  fit: ModelFit,
  { missing, shapes, dtypes }: Differences,
): Story | null {
  const folded = foldedNorms(base.name, fit);
  const odd = missing.length + shapes.length + dtypes.length;
  return folded && folded.missing > odd / 2 ? [folded.kind, [], folded.remedy] : null;
}

function storyOf(base: DescribedBase, model: CheckpointHeader, found: Differences): Story {
  const { missing, shapes, dtypes, extra, floating, layers } = found;
  const [ours, theirs] = [base, model].map((each) => architectureOf(each.architecture));
  const odd = missing.length + shapes.length + dtypes.length;
  const sides = sidesOf(found);
  if (extra.some(({ name }) => adapterNames.test(name)) && odd === floating.length)
    return [
      'it looks like an adapter, which holds changes to layers and no weights',
      sides,
      'Merge it into its own base first (in PEFT merge_and_unload), and take what comes out.',
    ];
  if (ours && theirs && ours !== theirs)
    return [`it is a ${theirs.label} model, the base a ${ours.label} model`, sides];
  if (dtypes.length > odd / 2)
    return [
      'it looks quantized: its codes do not merge',
      [`${dtypesIn(dtypes)}: ${listed(dtypes.map(([, tensor]) => tensor))}`],
      'Dequantize it first, and save it in float16 or float32.',
    ];
  const depths = layers[0].flatMap((depth, stack) => {
    const other = layers[1][stack] ?? 0;
    return depth > 0 && other > 0 && depth !== other ? `${other} layers, the base ${depth}` : [];
  });
  if (depths.length > 0 && shapes.length === 0) return [`it has ${depths.join('; ')}`, []];
  if (shapes.length > odd / 2) {
    const kind =
      shapes.length > floating.length / 2
        ? 'it looks like a model of another width'
        : `${plural(shapes.length, 'tensor')} ${shapes.length === 1 ? 'has' : 'have'} another shape`;
    return [kind, [listNames(shapes.map(inOtherShape), mostListed)]];
  }
  const pairs = pairByShape(missing, extra);
  if (pairs.length > missing.length / 2 && pairs.length >= extra.length / 4) {
    const names = pairs.map(
      ([tensor, other]) =>
        `base: ${tensor.name} ${shapeOf(tensor)} – model: ${other.name} ${shapeOf(other)}`,
    );
    return [
      'its tensors look like the base’s under other names',
      [listNames(names, mostListed)],
      'Convert one of them to the naming of the other, or choose fine-tunes of one and the same base.',
    ];
  }
  if (odd === floating.length) return ['they have no tensor in common', sides];
  const share = (100 * (1 - sumElements(missing) / sumElements(floating))).toFixed(1);
  return [
    ours
      ? `${plural(odd, 'tensor')} of the base ${odd === 1 ? 'has' : 'have'} no counterpart in it`
      : `only ${share} % of the base’s weights have a counterpart in it`,
    sides,
  ];
}

const adapterNames = /(?:^|[._])(?:lora|hada|lokr|ia3|adapter)(?:_|\.|$)/i;

/** What only one side has, of both sides. */
function sidesOf({ missing, shapes, extra }: Differences): string[] {
  return [
    ...(missing.length > 0 ? [`only in the base: ${listed(missing)}`] : []),
    ...(extra.length > 0 ? [`only in the model: ${listed(extra)}`] : []),
    ...(shapes.length > 0
      ? [`of other shapes: ${listNames(shapes.map(inOtherShape), mostListed)}`]
      : []),
  ];
}

const inOtherShape = ([tensor, other]: Differences['shapes'][number]) =>
  `${tensor.name} ${shapeOf(other)} (base: ${shapeOf(tensor)})`;

const dtypesIn = (pairs: Differences['dtypes']) =>
  [...new Set(pairs.map(([, { dtype }]) => dtype))].join(' and ');

/** Tensors of equal shape that only one side has, each once: those of different shapes first, which tell most. */
function pairByShape(
  ours: readonly TensorInfo[],
  theirs: readonly TensorInfo[],
): (readonly [TensorInfo, TensorInfo])[] {
  const byShape = new Map<string, TensorInfo[]>();
  for (const tensor of theirs)
    byShape.set(shapeOf(tensor), [...(byShape.get(shapeOf(tensor)) ?? []), tensor]);
  const first: [TensorInfo, TensorInfo][] = [];
  const others: [TensorInfo, TensorInfo][] = [];
  const seen = new Set<string>();
  for (const tensor of ours) {
    const shape = shapeOf(tensor);
    const other = byShape.get(shape)?.shift();
    if (!other) continue;
    (seen.has(shape) ? others : first).push([tensor, other]);
    seen.add(shape);
  }
  return [...first, ...others];
}

/** What of the weights is missing where a sharded optimiser left placeholders; null where nothing is. */
function emptyRefusal(
  base: DescribedBase,
  model: CheckpointHeader,
  byBaseName: ReadonlyMap<string, TensorInfo>,
): string | null {
  const pairs = base.index.tensors.flatMap((tensor) => {
    const other = byBaseName.get(tensor.name);
    return other && isMergeable(tensor.dtype) ? [[tensor, other] as const] : [];
  });
  const isEmpty = (tensor: TensorInfo) => countElements(tensor) === 0;
  const ours = pairs.flatMap(([a, b]) => (isEmpty(a) && !isEmpty(b) ? a : []));
  const theirs = pairs.flatMap(([a, b]) => (isEmpty(b) && !isEmpty(a) ? b : []));
  const [who, others, list] =
    ours.length > 0
      ? [`The base ${base.name}`, 'the models have', ours]
      : [model.name, 'the base has', theirs];
  if (list.length === 0) return null;
  const what = `${plural(list.length, 'tensor')} without values where ${others} some`;
  return `${who} cannot be merged: it holds ${what}: ${listed(list)}. A sharded optimiser (DeepSpeed ZeRO-3, FSDP) leaves such placeholders where weights are saved without gathering them. Save it with its weights gathered (stage3_gather_16bit_weights_on_model_save, or FSDP’s full state_dict), or rebuild it by zero_to_fp32.py.`;
}

const listed = (tensors: readonly TensorInfo[]) =>
  listNames(
    tensors.map((tensor) => `${tensor.name} ${shapeOf(tensor)}`),
    mostListed,
  );

const shapeOf = ({ shape }: TensorInfo) => formatShape(shape);

export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
