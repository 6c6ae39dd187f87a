import { incompatible } from '../errors.ts';
import { describeTensor, type TensorRole } from '../models/describeTensor.ts';
import { architectureOf } from '../models/registry.ts';
import type { Scope } from '../recipe/recipe.ts';
import { isMergeable } from '../tensor/dtype.ts';
import {
  countElements,
  tensorBytes,
  type TensorIndex,
  type TensorInfo,
} from '../tensor/tensorIndex.ts';
import { fitModel, formatShape, type CheckpointHeader } from './fitModel.ts';
import { sameShape, sumElements } from './matchNames.ts';
import type { Preflight, TensorFate } from '../api/preflight.ts';
import { noteRemark, remarksOnCodes, remarksOnFits } from './remarks.ts';
import { idlePatterns, matchesPattern } from './scopePatterns.ts';

/** One tensor of the base, what becomes of it, and its counterpart in each model. */
export interface PlannedTensor {
  tensor: TensorInfo;
  role: TensorRole;
  fate: TensorFate;
  /** Plain reason when copied. */
  reason?: string;
  /** In the order of the models; null where a model has none. */
  models: readonly (TensorInfo | null)[];
}

/** What merging these checkpoints will do, from headers alone; models that do not fit carry a refusal. */
export function preflight(
  base: CheckpointHeader,
  models: readonly CheckpointHeader[],
  scope: Scope,
): Preflight {
  const { planned, fits } = plan(base, models, scope);
  const { tensors } = base.index;
  const architecture = architectureOf(base.architecture);
  const merged = planned.filter(({ fate }) => fate === 'merged').map(({ tensor }) => tensor);
  return {
    base: base.name,
    architecture: architecture && { id: architecture.id, label: architecture.label },
    parameters: { total: sumElements(tensors), scope: sumElements(merged) },
    tensors: planned.map(({ tensor, fate, reason }) => {
      const { name, dtype, shape } = tensor;
      const elements = countElements(tensor);
      return { name, dtype, shape, elements, fate, ...(reason === undefined ? {} : { reason }) };
    }),
    models: fits,
    bytes: {
      inputs: [base, ...models].reduce((sum, { index }) => sum + fileBytes(index), 0),
      output: tensors.reduce((sum, tensor) => sum + tensorBytes(tensor), 0),
    },
    remarks: [
      ...remarksOnCodes([base, ...models]),
      ...remarksOnFits(fits),
      ...notesOn(base, scope, merged.length).map(noteRemark),
    ],
  };
}

/** The base's tensors in file order, each with its fate and its counterparts; throws Incompatible. */
export function planTensors(
  base: CheckpointHeader,
  models: readonly CheckpointHeader[],
  scope: Scope,
): PlannedTensor[] {
  const { planned, fits } = plan(base, models, scope);
  const refusals = fits.flatMap(({ refusal }) => refusal ?? []);
  if (refusals.length > 0) throw incompatible(refusals.join('\n'));
  return planned;
}

function plan(base: CheckpointHeader, models: readonly CheckpointHeader[], scope: Scope) {
  const { tensors } = base.index;
  const roles = new Map(
    tensors.map(({ name }) => [name, describeTensor(base.architecture, name)] as const),
  );
  const fitted = models.map((model) => fitModel({ ...base, roles }, model));
  const planned = tensors.map((tensor): PlannedTensor => {
    const role = roles.get(tensor.name) ?? describeTensor(base.architecture, tensor.name);
    const counterparts = fitted.map(({ byBaseName }) => byBaseName.get(tensor.name) ?? null);
    const reason = reasonOutOfScope(base, tensor, role, scope) ?? reasonOfModels(tensor, fitted);
    const planned = { tensor, role, models: counterparts };
    return reason === null
      ? { ...planned, fate: 'merged' }
      : { ...planned, fate: 'copied', reason };
  });
  return { planned, fits: fitted.map(({ fit }) => fit) };
}

/** Why a tensor of the base is copied whatever the models hold, or null. */
function reasonOutOfScope(
  { architecture }: CheckpointHeader,
  { name, dtype }: TensorInfo,
  role: TensorRole,
  scope: Scope,
): string | null {
  if (!isMergeable(dtype)) return `${dtype} values do not merge`;
  if (role.buffer) return 'a constant, not a parameter';
  if (scope === 'all') return null;
  if (scope === 'blocks') {
    return architecture === null || role.block ? null : `out of scope (${role.component})`;
  }
  const named = (patterns: readonly string[]) =>
    patterns.find((pattern) => matchesPattern(pattern, name));
  if (scope.include && named(scope.include) === undefined)
    return "not included by the scope's patterns";
  const excluded = named(scope.exclude ?? []);
  return excluded === undefined ? null : `excluded by the scope's pattern ${excluded}`;
}

/** Why a tensor in scope is copied because of what the models hold, or null; refused models have no say. */
function reasonOfModels(
  tensor: TensorInfo,
  fitted: readonly ReturnType<typeof fitModel>[],
): string | null {
  const reasons = fitted
    .filter(({ fit }) => fit.refusal === null)
    .flatMap(({ fit, byBaseName }) => {
      const counterpart = byBaseName.get(tensor.name);
      if (!counterpart) {
        const tie = fit.tied.find(({ name }) => name === tensor.name);
        return tie ? `tied to ${tie.to} in ${fit.name}` : `missing in ${fit.name}`;
      }
      if (!sameShape(tensor.shape, counterpart.shape)) {
        return `${formatShape(counterpart.shape)} in ${fit.name}, ${formatShape(tensor.shape)} in the base`;
      }
      if (!isMergeable(counterpart.dtype)) return `${counterpart.dtype} in ${fit.name}`;
      return [];
    });
  return reasons.length === 0 ? null : reasons.join('; ');
}

function notesOn({ name, index }: CheckpointHeader, scope: Scope, merged: number): string[] {
  const idle = idlePatterns(
    scope,
    index.tensors.map((tensor) => tensor.name),
  );
  const notes = idle.map(
    (pattern) =>
      `The scope's pattern ${JSON.stringify(pattern)} names no tensor of ${name}. Patterns are tensor names with * and ?, or the first parts of names.`,
  );
  if (merged === 0) notes.push('No tensor is in scope: every weight stays as in the base.');
  return notes;
}

function fileBytes({ files }: TensorIndex): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
