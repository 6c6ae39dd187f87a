import type { ModelFit } from '../api/preflight.ts';
import { describeTensor } from '../models/describeTensor.ts';
import { byPart, prefixOf, type ModelPart } from '../tensor/modelParts.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import { listNames } from '../wording.ts';
import type { CheckpointHeader, DescribedBase, ModelTies } from './checkpointHeader.ts';
import { fitModel } from './fitModel.ts';
import { matchNames } from './matchNames.ts';

/** How a model fits the base, and its tensors by the base's names. */
export type Fitted = ReturnType<typeof fitModel>;

/** A part of a checkpoint as a checkpoint of its own. */
interface Piece<T extends CheckpointHeader = CheckpointHeader> {
  part: ModelPart;
  header: T;
  /** Its tensors, as the checkpoint has them, by the names in the part. */
  whole: ReadonlyMap<string, TensorInfo>;
}

/**
 * The same as `fitModel` for checkpoints of several parts: each part of the base fits the part of the same path, or, where one
 * is a checkpoint without parts, the part that it fits best. A part that a model lacks, or that does not fit, stays the base's.
 */
export function fitParts(base: DescribedBase, model: CheckpointHeader, ties: ModelTies): Fitted {
  if (!base.parts && !model.parts) return fitWhole(base, model, ties);
  const [ours, theirs] = [piecesOfBase(base), piecesOf(model)];
  const left = new Set(theirs);
  const pairs = ours.map((our) => {
    const their = theirs.find(({ part }) => part.path === our.part.path);
    if (their) left.delete(their);
    return { our, their, fitted: their && fitPiece(our, their, ties) };
  });
  for (const pair of pairs) {
    if (pair.their) continue;
    const best = bestOf(pair.our, [...left], ties);
    if (!best) continue;
    Object.assign(pair, best);
    left.delete(best.their);
  }
  const fit: ModelFit = {
    ...{ name: model.name, matched: 0, prefix: null, renamed: [], missing: [], extra: [] },
    ...{ rowsDiffer: [], shapeDiffers: [], dtypeDiffers: [], tied: [], refusal: null },
  };
  const apart: NonNullable<ModelFit['apart']> = [];
  const byBaseName = new Map<string, TensorInfo>();
  for (const { our, their, fitted } of pairs) {
    const { path } = our.part;
    if (!their || !fitted || fitted.fit.refusal !== null) {
      if (path === '' && fitted) fit.refusal = fitted.fit.refusal;
      const tensors = [...our.whole.values()].map(({ name }) => name);
      apart.push({ path, why: their ? 'does not fit' : 'is missing', tensors });
      continue;
    }
    addPart(fit, fitted.fit, our, their);
    for (const [name, tensor] of fitted.byBaseName) {
      byBaseName.set(prefixOf(our.part) + name, asWhole(tensor, their));
    }
  }
  for (const { part, whole } of left)
    for (const [name, tensor] of whole)
      if (!describeTensor(part.architecture, name).buffer) fit.extra.push(tensor.name);
  if (fit.matched === 0) fit.refusal ??= refusalOf(base, model, ours, theirs);
  return { fit: { ...fit, ...(apart.length > 0 && { apart }) }, byBaseName };
}

function fitWhole(base: DescribedBase, model: CheckpointHeader, ties: ModelTies): Fitted {
  return fitModel(base, model, matchNames(base.index.tensors, model.index.tensors), ties);
}

/** Ties are those of what lies in the model's own folder. */
function fitPiece(our: Piece<DescribedBase>, their: Piece, ties: ModelTies): Fitted {
  const isOwn = our.part.path === '' && their.part.path === '';
  const none: ModelTies = { standIns: new Map(), repeats: [] };
  return fitWhole(our.header, their.header, isOwn ? ties : none);
}

/** A tensor of a part, or what is made of such, as the checkpoint has it. */
function asWhole(tensor: TensorInfo, piece: Piece): TensorInfo {
  const { pieces } = tensor;
  if (!pieces) return piece.whole.get(tensor.name) ?? tensor;
  const whole = pieces.map((each) => ({ ...each, tensor: asWhole(each.tensor, piece) }));
  return { ...tensor, pieces: whole };
}

function piecesOf(checkpoint: CheckpointHeader): Piece[] {
  const { name, index } = checkpoint;
  const named = new Map(index.tensors.map((tensor) => [tensor.name, tensor]));
  return byPart(checkpoint, index.tensors).map(({ part, tensors }) => ({
    part,
    header: { name, architecture: part.architecture, index: { ...index, tensors } },
    whole: new Map(tensors.map((each) => [each.name, named.get(prefixOf(part) + each.name)!])),
  }));
}

function piecesOfBase(base: DescribedBase): Piece<DescribedBase>[] {
  const all = byPart(base, base.tensors);
  return piecesOf(base).map((piece) => {
    const { architecture } = piece.part;
    const before = prefixOf(piece.part);
    const tensors = all.find(({ part }) => part.path === piece.part.path)?.tensors ?? [];
    const inPart = (name: string) => name.startsWith(before);
    const short = (name: string) => name.slice(before.length);
    const header: DescribedBase = {
      ...piece.header,
      tensors,
      added: new Set([...base.added].filter(inPart).map(short)),
      follows: new Map(
        [...base.follows].flatMap(([name, to]) => (inPart(name) ? [[short(name), short(to)]] : [])),
      ),
      roles: new Map(tensors.map(({ name }) => [name, describeTensor(architecture, name)])),
      meets: (tensor, other) => base.meets({ ...tensor, name: before + tensor.name }, other),
    };
    return { ...piece, header };
  });
}

/** Of those without a counterpart, the one that fits a part best; parts of other paths are others. */
function bestOf(our: Piece<DescribedBase>, theirs: readonly Piece[], ties: ModelTies) {
  const fits = theirs
    .filter((their) => our.part.path === '' || their.part.path === '')
    .map((their) => ({ their, fitted: fitPiece(our, their, ties) }))
    .filter(({ fitted }) => fitted.fit.refusal === null && fitted.fit.matched > 0)
    .sort((a, b) => b.fitted.fit.matched - a.fitted.fit.matched);
  return fits[0];
}

/** Adds how a part fits, by the names of the whole. */
function addPart(fit: ModelFit, part: ModelFit, our: Piece, their: Piece): void {
  const [add, remove] = [prefixOf(our.part), prefixOf(their.part)];
  const named = <T extends { name: string }>(list: readonly T[]) =>
    list.map((each) => ({ ...each, name: add + each.name }));
  fit.matched += part.matched;
  if (part.prefix)
    fit.prefix ??= { add: add + part.prefix.add, remove: remove + part.prefix.remove };
  else if (add !== remove) fit.prefix ??= { add, remove };
  fit.renamed.push(...part.renamed.map((name) => add + name));
  fit.missing.push(...part.missing.map((name) => add + name));
  fit.extra.push(...part.extra.map((name) => remove + name));
  fit.rowsDiffer.push(...named(part.rowsDiffer));
  fit.shapeDiffers.push(...named(part.shapeDiffers));
  fit.dtypeDiffers.push(...named(part.dtypeDiffers));
  fit.tied.push(...named(part.tied).map((tie) => ({ ...tie, to: add + tie.to })));
}

function refusalOf(
  base: CheckpointHeader,
  model: CheckpointHeader,
  ours: readonly Piece[],
  theirs: readonly Piece[],
): string {
  const shown = (pieces: readonly Piece[]) =>
    listNames(pieces.map(({ part }) => part.path || 'weights in its own folder'));
  return `${model.name} cannot be merged with the base ${base.name}: no part of one fits the other. The base has ${shown(ours)}, ${model.name} has ${shown(theirs)}. Choose fine-tunes of one and the same base.`;
}
