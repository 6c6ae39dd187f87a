import type { OpenedCheckpoint } from '../formats/checkpoint.ts';
import { countLayers, describeTensor, type TensorRole } from '../models/describeTensor.ts';
import { architectureOf } from '../models/registry.ts';
import { isMergeable } from '../tensor/dtype.ts';
import { type TensorInfo } from '../tensor/tensorIndex.ts';
import { matchNames, sameShape, sumElements, type NameMatch } from './matchNames.ts';
import type { ModelFit } from '../api/preflight.ts';

/** What is needed of a checkpoint to tell how it fits others. */
export type CheckpointHeader = Pick<OpenedCheckpoint, 'name' | 'index' | 'architecture'>;

/** A base with the role of each tensor, by name. */
export interface DescribedBase extends CheckpointHeader {
  roles: ReadonlyMap<string, TensorRole>;
}

const listedNames = 20;

/** How a model fits the base, and its tensors by the base's names. */
export function fitModel(
  base: DescribedBase,
  model: CheckpointHeader,
): { fit: ModelFit; byBaseName: ReadonlyMap<string, TensorInfo> } {
  const match = matchNames(base.index.tensors, model.index.tensors);
  const { prefix, byBaseName, renamed, extra, unlike } = meetTied(base, match);
  const fit: ModelFit = {
    name: model.name,
    matched: 0,
    prefix,
    renamed: [...renamed],
    missing: [],
    extra: [],
    shapeDiffers: [],
    dtypeDiffers: [],
    tied: [],
    refusal: null,
  };
  for (const tensor of base.index.tensors) {
    const { name, shape, dtype } = tensor;
    const counterpart = byBaseName.get(name);
    const partner = counterpart ? null : tiedPartner(base, name, byBaseName);
    if (partner) fit.tied.push({ name, to: partner });
    else if (!counterpart) {
      if (!base.roles.get(name)?.buffer) fit.missing.push(name);
    } else if (!sameShape(shape, counterpart.shape)) {
      fit.shapeDiffers.push({ name, base: shape, model: counterpart.shape });
    } else {
      fit.matched++;
      if (dtype !== counterpart.dtype) {
        fit.dtypeDiffers.push({ name, base: dtype, model: counterpart.dtype });
      }
    }
  }
  const baseNames = new Map(base.index.tensors.map((tensor) => [tensor.name, tensor]));
  for (const { name } of extra) {
    const partner = tiedPartner(base, name, baseNames);
    if (partner) fit.tied.push({ name, to: partner });
    else if (!describeTensor(base.architecture, name).buffer) fit.extra.push(name);
  }
  fit.refusal = unlike
    ? `${model.name} cannot be merged with the base ${base.name}: ${(unlike.side === 'base' ? base : model).name} has the names of ${unlike.by}, and ${unlike.why}`
    : refusalOf(base, model, fit, byBaseName);
  return { fit, byBaseName };
}

const endsAs = (full: string, ending: string) => full === ending || full.endsWith(`.${ending}`);

/** The match with what the model stores under the one and the base under the other name of tied tensors. */
function meetTied(base: DescribedBase, match: NameMatch): NameMatch {
  const byBaseName = new Map(match.byBaseName);
  const renamed = [...match.renamed];
  const extra = new Set(match.extra);
  const ending = (tensors: Iterable<TensorInfo>, end: string) =>
    [...tensors].find(({ name }) => endsAs(name, end));
  const ties = architectureOf(base.architecture)?.tied ?? [];
  const ways = ties.flatMap(({ name, to }) => [
    [to, name],
    [name, to],
  ]) as [string, string][];
  for (const [ours, theirs] of ways) {
    const lacked = ending(base.index.tensors, ours);
    const found = ending(extra, theirs);
    if (!lacked || !found || byBaseName.has(lacked.name)) continue;
    if (ending(base.index.tensors, theirs) || !sameShape(lacked.shape, found.shape)) continue;
    byBaseName.set(lacked.name, found);
    renamed.push(lacked.name);
    extra.delete(found);
  }
  return { ...match, byBaseName, renamed, extra: [...extra] };
}

/** The tensor among `present` (by the base's names) that is one with tensor `name`, or null. */
function tiedPartner(
  base: DescribedBase,
  name: string,
  present: ReadonlyMap<string, TensorInfo>,
): string | null {
  for (const pair of architectureOf(base.architecture)?.tied ?? []) {
    const other = endsAs(name, pair.name) ? pair.to : endsAs(name, pair.to) ? pair.name : null;
    if (other === null) continue;
    for (const candidate of present.keys()) if (endsAs(candidate, other)) return candidate;
  }
  return null;
}

function refusalOf(
  base: DescribedBase,
  model: CheckpointHeader,
  fit: ModelFit,
  byBaseName: ReadonlyMap<string, TensorInfo>,
): string | null {
  const ours = architectureOf(base.architecture);
  const theirs = architectureOf(model.architecture);
  const floating = base.index.tensors.filter(
    ({ name, dtype }) => isMergeable(dtype) && !base.roles.get(name)?.buffer,
  );
  const faults = floating.flatMap((tensor) => {
    const fault = faultOf(tensor, byBaseName.get(tensor.name), fit);
    return fault ? [{ tensor, fault }] : [];
  });
  const unfit = faults.map(({ fault }) => fault);
  const say = (reason: string, tensors: readonly string[]) =>
    `${model.name} cannot be merged with the base ${base.name}: ${reason} ${listNames(tensors)} Choose fine-tunes of one and the same base.`;

  if (ours && theirs && ours !== theirs) {
    const reason = `it is a ${theirs.label} model, the base a ${ours.label} model. Tensors that do not fit:`;
    return say(reason, unfit);
  }
  if (floating.length > 0 && faults.length === floating.length) {
    return say('they have no tensor in common. Tensors that do not fit:', unfit);
  }
  if (ours) {
    const ofBlocks = faults.filter(({ tensor }) => base.roles.get(tensor.name)?.block);
    const concerned = [...ofBlocks.map(({ fault }) => fault), ...deeperBlocks(base, fit)];
    return concerned.length > 0 ? say('these tensors of its blocks do not fit:', concerned) : null;
  }
  const lost = sumElements(faults.map(({ tensor }) => tensor));
  const total = sumElements(floating);
  if (lost <= total / 2) return null;
  const share = ((100 * (total - lost)) / total).toFixed(1);
  return say(
    `only ${share} % of the base's weights have a counterpart of equal shape in it. Tensors that do not fit:`,
    unfit,
  );
}

/** What keeps a tensor of the base from merging with its counterpart, or null. */
function faultOf(
  { name, shape }: TensorInfo,
  counterpart: TensorInfo | undefined,
  fit: ModelFit,
): string | null {
  if (!counterpart) return fit.tied.some((tie) => tie.name === name) ? null : `${name} (missing)`;
  if (!sameShape(shape, counterpart.shape)) {
    return `${name} (${formatShape(counterpart.shape)} instead of ${formatShape(shape)})`;
  }
  return isMergeable(counterpart.dtype) ? null : `${name} (${counterpart.dtype} does not merge)`;
}

/** Tensors of blocks that lie beyond the base's last. */
function deeperBlocks(base: DescribedBase, fit: ModelFit): string[] {
  const layers = countLayers([...base.roles.values()]);
  return fit.extra
    .filter((name) => {
      const { block, layer, stack } = describeTensor(base.architecture, name);
      const depth = layers[stack] ?? 0;
      return block && layer !== null && depth > 0 && layer >= depth;
    })
    .map((name) => `${name} (not in the base)`);
}

export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

function listNames(names: readonly string[]): string {
  const more = names.length - listedNames;
  return `${names.slice(0, listedNames).join(', ')}${more > 0 ? ` and ${more} more` : ''}.`;
}
