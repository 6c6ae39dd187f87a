import { incompatible } from '../errors.ts';
import { splitPart, type Adapter, type AdapterChange } from '../formats/adapters/adapter.ts';
import type { Ties } from '../formats/checkpoint.ts';
import type { CheckpointHeader } from '../merge/checkpointHeader.ts';
import { formatShape } from '../merge/refusals.ts';
import { matchSpelled, sameShape } from '../merge/matchNames.ts';
import { isTurned, type LaidTensor } from '../storage/adapterReader.ts';
import { findTied, standsFor } from '../models/tiedTensors.ts';
import { countElements, tensorBytes, type TensorInfo } from '../tensor/tensorIndex.ts';
import { listNames, plural } from '../wording.ts';

/** An adapter that lies on a base. */
export interface Laid {
  /** The tensors of the base with the adapter on them, each from byte 0 on, and those that the adapter alone has. */
  tensors: TensorInfo[];
  laid: Map<string, LaidTensor>;
}

/** What is tied in a base with an adapter on it: what that leaves alone of what repeats there. */
export function tiesWith(
  base: Pick<CheckpointHeader, 'architecture' | 'index' | 'ties'>,
  laid: ReadonlyMap<string, LaidTensor>,
): Ties | undefined {
  const { architecture, index, ties } = base;
  if (!ties) return undefined;
  const changed = new Set([...laid].flatMap(([name, { change }]) => (change ? name : [])));
  const apart = [...findTied(architecture, index.tensors).values()].flatMap((tied) => {
    const names = [...tied.values()].map(({ name }) => name);
    return changed.has(names[0]!) ? names : names.filter((name) => changed.has(name));
  });
  return { ...ties, copies: ties.copies.filter((name) => !apart.includes(name)) };
}

/** Lays an adapter on a base. Throws Incompatible where its products fit no tensors of it. */
export function layAdapter(name: string, adapter: Adapter, base: CheckpointHeader): Laid {
  const { tensors } = base.index;
  const places = placesOf(adapter, tensors);
  const laid = new Map<string, LaidTensor>(tensors.map((on) => [on.name, { on }]));
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const strays: string[] = [];
  const misfits: string[] = [];
  const extra: TensorInfo[] = [];
  for (const change of adapter.changes) {
    const at = places.get(change);
    const source = at === undefined ? tiedTensor(change, base) : null;
    const on = source ?? (at === undefined ? undefined : byName.get(at));
    if (on && fits(on, change)) {
      const other = laid.get(on.name)?.change;
      if (other && change.kind === 'product' && other.kind === 'product')
        throw incompatible(
          `${name} changes ${other.module} and ${change.module}, which are one tensor in ${base.name}. Merge it into its base with PEFT: model.merge_and_unload(), then save_pretrained.`,
        );
      laid.set(on.name, { on, change, ...(source && { tied: change.module }) });
    } else if (change.kind === 'product' || change.kind === 'added') {
      if (on)
        misfits.push(`${on.name} ${formatShape(on.shape)}, not ${formatShape(shapeOf(change))}`);
      else strays.push(change.module);
    } else {
      // What fits no tensor of the base is told with the tensors of other models that do not.
      const own = on?.name ?? change.module;
      laid.set(own, { change });
      if (!on) extra.push(fromStart({ ...change.value, name: own }));
    }
  }
  const products = adapter.changes.filter(({ kind }) => kind === 'product').length;
  const wants =
    adapter.base === null ? '' : ` Its configuration names ${adapter.base} as its base.`;
  if (misfits.length > 0)
    throw incompatible(
      `${name} is an adapter that does not fit ${base.name}: the base has ${listNames(misfits)}.${wants} Choose the adapter’s own base.`,
    );
  if (strays.length > 0)
    throw incompatible(
      `${name} is an adapter that does not fit ${base.name}: it changes ${plural(products, 'module')}, and ${strays.length === products ? 'none of them is there' : `${strays.length} of them ${strays.length === 1 ? 'is' : 'are'} not there`} (${listNames(strays)}).${wants} Choose the adapter’s own base.`,
    );
  const changed = tensors.map((on): TensorInfo => {
    const { change } = laid.get(on.name) ?? {};
    if (change?.kind === 'whole') return fromStart({ ...change.value, name: on.name });
    return fromStart(change ? { ...on, dtype: 'F32' } : on);
  });
  return { tensors: [...changed, ...extra], laid };
}

/** What a head lies on that the base does not store, as it is one with its embeddings: PEFT changes these. */
function tiedTensor(change: AdapterChange, base: CheckpointHeader): TensorInfo | null {
  if (change.kind !== 'product' || base.ties?.told === false) return null;
  return standsFor(`${change.module}.weight`, base.architecture, base.index.tensors);
}

function fromStart({ name, dtype, shape }: TensorInfo): TensorInfo {
  return { name, dtype, shape, file: 0, start: 0, end: tensorBytes({ dtype, shape }) };
}

/** The shape of what a change makes, as a Linear layer stores it. */
function shapeOf(change: AdapterChange): readonly number[] {
  if (change.kind !== 'product') return change.value.shape;
  return [change.up.shape[0]!, ...change.down.shape.slice(1)];
}

function fits(on: TensorInfo, change: AdapterChange): boolean {
  if (sameShape(on.shape, shapeOf(change))) return true;
  if (change.kind !== 'product') return false;
  // Convolutions of kernel 1 are stored as matrices by some, and matrices as such convolutions by others.
  const sameRows = on.shape[0] === change.up.shape[0];
  return (
    isTurned(on, change) ||
    (sameRows && countElements(on) === countElements({ shape: shapeOf(change) }))
  );
}

/** The base's tensor of each change, by name. */
function placesOf(adapter: Adapter, base: readonly TensorInfo[]): Map<AdapterChange, string> {
  const places = new Map<AdapterChange, string>();
  if (adapter.form === 'kohya') {
    const modules = flatModules(base);
    for (const change of adapter.changes) {
      const { folder, rest } = splitPart(change.module);
      const found = modules.get(`${folder}/${rest}`) ?? modules.get(rest);
      if (found !== undefined) places.set(change, found);
    }
    return places;
  }
  const byName = new Map<string, AdapterChange>();
  const wanted = adapter.changes.map((change): TensorInfo => {
    const { folder, rest } =
      adapter.form === 'PEFT' ? { folder: null, rest: change.module } : splitPart(change.module);
    const inFolder = folder !== null && base.some(({ name }) => name.startsWith(`${folder}/`));
    const name = `${inFolder ? `${folder}/` : ''}${rest}${change.kind === 'product' ? '.weight' : ''}`;
    byName.set(name, change);
    const shape = shapeOf(change);
    return fromStart({ name, dtype: 'F32', shape, file: 0, start: 0, end: 0 });
  });
  for (const [at, { name }] of matchSpelled(base, wanted).byBaseName)
    places.set(byName.get(name)!, at);
  return places;
}

/** Tensors by kohya's names of their modules, dots as underscores, also without what stands before; null where two share one. */
function flatModules(base: readonly TensorInfo[]): Map<string, string> {
  const flat = new Map<string, string | null>();
  for (const { name } of base) {
    if (!name.endsWith('.weight')) continue;
    const [, folder = '', module = ''] = /^(?:(.*)\/)?(.*)\.weight$/.exec(name) ?? [];
    const steps = module.split('.');
    for (let skip = 0; skip < Math.min(steps.length, 4); skip++) {
      const key = steps.slice(skip).join('_');
      for (const each of folder ? [key, `${folder}/${key}`] : [key])
        flat.set(each, flat.has(each) && flat.get(each) !== name ? null : name);
    }
  }
  return new Map([...flat].filter((entry): entry is [string, string] => entry[1] !== null));
}
