import type { ModelFit } from '../api/preflight.ts';
import { describeTensor } from '../models/describeTensor.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import type { CheckpointHeader, DescribedBase, ModelTies } from './checkpointHeader.ts';
import type { NameMatch } from './matchNames.ts';
import { refusalOf } from './refusals.ts';

/** How a model fits the base, and its tensors by the base's names; what is tied stands for what is absent, and is not read twice. */
export function fitModel(
  base: DescribedBase,
  model: CheckpointHeader,
  { prefix, byBaseName: matched, renamed, extra, unlike }: NameMatch,
  { standIns, repeats }: ModelTies,
): { fit: ModelFit; byBaseName: ReadonlyMap<string, TensorInfo> } {
  const byBaseName = new Map([...standIns, ...matched]);
  const extras = new Set(extra);
  const known = new Set([
    ...[...byBaseName.values()].map(({ name }) => name),
    ...repeats.map(({ name }) => name),
  ]);
  const fit: ModelFit = {
    name: model.name,
    matched: 0,
    prefix,
    renamed: [...renamed],
    missing: [],
    extra: [],
    rowsDiffer: [],
    shapeDiffers: [],
    dtypeDiffers: [],
    tied: [...repeats],
    refusal: null,
  };
  for (const tensor of base.tensors) {
    const { name, shape, dtype } = tensor;
    const counterpart = byBaseName.get(name);
    if (base.follows.has(name)) continue;
    if (!counterpart) {
      if (!base.roles.get(name)?.buffer) fit.missing.push(name);
    } else if (!base.meets(tensor, counterpart)) {
      fit.shapeDiffers.push({ name, base: shape, model: counterpart.shape });
    } else {
      fit.matched++;
      const [[rows = 0], [others = 0]] = [shape, counterpart.shape];
      if (rows !== others) fit.rowsDiffer.push({ name, base: rows, model: others });
      if (extras.has(counterpart) && !base.added.has(name)) fit.renamed.push(name);
      if (dtype !== counterpart.dtype) {
        fit.dtypeDiffers.push({ name, base: dtype, model: counterpart.dtype });
      }
    }
  }
  for (const { name } of extra)
    if (!known.has(name) && !describeTensor(base.architecture, name).buffer) fit.extra.push(name);
  fit.refusal = unlike
    ? `${model.name} cannot be merged with the base ${base.name}: ${(unlike.side === 'base' ? base : model).name} has the names of ${unlike.by}, and ${unlike.why}`
    : refusalOf(base, model, fit, byBaseName);
  return { fit, byBaseName };
}
