import { incompatible } from '../errors.ts';
import { rolesIn, type TensorRole } from '../models/describeTensor.ts';
import { architectureOf } from '../models/registry.ts';
import { hasWordRows } from '../models/wordRows.ts';
import type { Rows, Scope } from '../recipe/recipe.ts';
import { isMergeable } from '../tensor/dtype.ts';
import { partOf } from '../tensor/modelParts.ts';
import {
  countElements,
  tensorBytes,
  type TensorIndex,
  type TensorInfo,
} from '../tensor/tensorIndex.ts';
import type { CheckpointHeader, Meets } from './checkpointHeader.ts';
import { fitParts, type Fitted } from './fitParts.ts';
import { sameShape, sumElements } from './matchNames.ts';
import type { Preflight, TensorFate, TensorPlan } from '../api/preflight.ts';
import {
  noteRemark,
  remarksOnCodes,
  remarksOnDtypes,
  remarksOnFits,
  remarksOnFolding,
  remarksOnRows,
  remarksOnTies,
  shownPart,
} from './remarks.ts';
import { formatShape } from './refusals.ts';
import { cutRows, differsInRows } from './rows.ts';
import { idlePatterns, matchesPattern, nearPattern } from './scopePatterns.ts';
import { planTies, type TiePlan, type UntiedTensor } from './ties.ts';

/** One tensor of the base, what becomes of it, and its counterpart in each model. */
export interface PlannedTensor {
  tensor: TensorInfo;
  role: TensorRole;
  /** `new` are rows that the base has not: the mean of the models that have them. */
  fate: TensorFate | 'new';
  /** Plain reason when copied. */
  reason?: string;
  /** In the order of the models; null where a model has none. */
  models: readonly (TensorInfo | null)[];
  /** The tensor as which it is written. */
  follows?: string;
  /** Set where it is tied in the base, and merges by itself. */
  untied?: true;
  /** Set where rows of a tensor of the base go apart: that tensor. */
  whole?: TensorInfo;
  /** Of new rows: the models' shares in their mean. */
  shares?: readonly number[];
}

/** `none`: tensors of other rows stay as they are in the base. */
export type RowRule = Rows | 'none';

const noMoreRows =
  '“rows: all” adds nothing: no model has more rows than the base in a tensor in scope.';

/** What merging these checkpoints will do, from headers alone; models that do not fit carry a refusal. */
export function preflight(
  base: CheckpointHeader,
  models: readonly CheckpointHeader[],
  scope: Scope,
  rows: RowRule = 'base',
): Preflight {
  const { planned, fits, ties } = plan(base, models, scope, rows);
  const tensors = planned.map(({ tensor }) => tensor);
  const moreRows = fits.some(({ rowsDiffer }) => rowsDiffer.some((each) => each.model > each.base));
  const architecture = architectureOf(base.architecture);
  const merged = planned.filter(({ fate }) => fate === 'merged').map(({ tensor }) => tensor);
  return {
    base: base.name,
    architecture: architecture && { id: architecture.id, label: architecture.label },
    parameters: { total: countParameters(planned), scope: sumElements(merged) },
    tensors: planned.filter(({ whole, fate }) => !whole || fate === 'merged').map(asTold),
    models: fits,
    bytes: {
      inputs: [base, ...models].reduce((sum, { index }) => sum + fileBytes(index), 0),
      output: tensors.reduce((sum, tensor) => sum + tensorBytes(tensor), 0),
    },
    moreRows,
    remarks: [
      ...remarksOnCodes([base, ...models]),
      ...remarksOnTies(untiedIn(planned, ties), base),
      ...remarksOnRows(base.name, fits, rows === 'all'),
      ...remarksOnFits(fits),
      ...remarksOnFolding(base.name, fits),
      ...remarksOnDtypes(planned.filter(({ fate, role }) => fate === 'copied' && !role.buffer)),
      ...notesOn({ ...base, tensors }, scope, merged.length).map(noteRemark),
      ...(rows === 'all' && !moreRows ? [noteRemark(noMoreRows)] : []),
    ],
  };
}

/** The base's tensors in file order, each with its fate and its counterparts; throws Incompatible. */
export function planTensors(
  base: CheckpointHeader,
  models: readonly CheckpointHeader[],
  scope: Scope,
  rows: RowRule = 'base',
): PlannedTensor[] {
  const { planned, fits } = plan(base, models, scope, rows);
  const refusals = fits.flatMap(({ refusal }) => refusal ?? []);
  if (refusals.length > 0) throw incompatible([...new Set(refusals)].join('\n'));
  return planned;
}

/** Elements of the base's parameters: no buffers, no whole numbers, nothing tied twice, no rows that only models have. */
export function countParameters(planned: readonly PlannedTensor[]): number {
  const own = planned.filter(
    ({ tensor, fate, role, follows }) =>
      isMergeable(tensor.dtype) && fate !== 'new' && !role.buffer && follows === undefined,
  );
  return sumElements(own.map(({ tensor }) => tensor));
}

/** Tensors that the base ties and the output does not. */
export function untiedTensors(planned: readonly PlannedTensor[]): TensorInfo[] {
  return planned.flatMap(({ tensor, untied, whole = tensor, fate }) =>
    untied && (whole === tensor || fate === 'merged') ? whole : [],
  );
}

const fates = { common: 'merged', rest: 'copied', new: 'new' } as const;

function asTold({ tensor, whole = tensor, fate, reason }: PlannedTensor): TensorPlan {
  const { name, dtype, shape } = whole;
  return {
    ...{ name, dtype, shape, elements: countElements(whole) },
    fate: fate === 'merged' ? 'merged' : 'copied',
    ...(reason !== undefined && { reason }),
  };
}

function plan(
  base: CheckpointHeader,
  models: readonly CheckpointHeader[],
  scope: Scope,
  rows: RowRule,
) {
  const describe = rolesIn(base);
  const roleOf = ({ name }: TensorInfo) => describe(name);
  const inScope = (tensor: TensorInfo) =>
    reasonOutOfScope(base, tensor, roleOf(tensor), scope) === null;
  const meets: Meets = (tensor, other) =>
    sameShape(tensor.shape, other.shape) ||
    (rows !== 'none' &&
      differsInRows(tensor, other) &&
      hasWordRows(partOf(base, tensor.name).architecture, tensor.name) &&
      inScope(tensor));
  const ties = planTies(base, models, { inScope, meets });
  const tensors = [...base.index.tensors, ...ties.added];
  const roles = new Map(tensors.map((tensor) => [tensor.name, roleOf(tensor)] as const));
  const added = new Set(ties.added.map(({ name }) => name));
  const untied = new Set(ties.untied.map(({ name }) => name));
  const described = { ...base, ...ties, tensors, added, roles, meets };
  const fitted = models.map((model, m) => fitParts(described, model, ties.models[m]!));
  const planned = tensors.flatMap((tensor): PlannedTensor[] => {
    const role = roles.get(tensor.name)!;
    const counterparts = fitted.map(({ byBaseName }) => byBaseName.get(tensor.name) ?? null);
    const follows = ties.follows.get(tensor.name);
    const reason =
      reasonOutOfScope(base, tensor, role, scope) ??
      (follows === undefined ? null : `tied to ${follows}`) ??
      reasonOfModels(base, tensor, fitted, meets);
    const planned = {
      ...{ tensor, role, models: counterparts },
      ...(follows !== undefined && { follows }),
      ...(untied.has(tensor.name) && { untied: true as const }),
    };
    if (reason !== null) return [{ ...planned, fate: 'copied', reason }];
    const found = counterparts.filter((each) => each !== null);
    const fitting = found.length === models.length;
    if (!fitting || found.every((each) => sameShape(tensor.shape, each.shape)))
      return [{ ...planned, fate: 'merged' }];
    return cutRows(tensor, found, rows === 'all').map(({ kind, ...piece }) => ({
      ...planned,
      ...piece,
      whole: tensor,
      fate: fates[kind],
    }));
  });
  return { planned, ties, fits: fitted.map(({ fit }) => fit) };
}

/** Tensors that the base ties and the output does not. */
function untiedIn(planned: readonly PlannedTensor[], { untied }: TiePlan): UntiedTensor[] {
  const merged = new Set(
    planned.flatMap(({ tensor, fate }) => (fate === 'merged' ? tensor.name : [])),
  );
  return untied.filter(({ name }) => merged.has(name));
}

/** Why a tensor of the base is copied whatever the models hold, or null. */
function reasonOutOfScope(
  base: CheckpointHeader,
  { name, dtype }: TensorInfo,
  role: TensorRole,
  scope: Scope,
): string | null {
  if (!isMergeable(dtype)) return `${dtype} values do not merge`;
  if (role.buffer) return 'a constant, not a parameter';
  if (scope === 'all') return null;
  if (scope === 'blocks') {
    const { architecture } = partOf(base, name);
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
  base: CheckpointHeader,
  tensor: TensorInfo,
  fitted: readonly Fitted[],
  meets: Meets,
): string | null {
  const reasons = fitted
    .filter(({ fit }) => fit.refusal === null)
    .flatMap(({ fit, byBaseName }) => {
      const counterpart = byBaseName.get(tensor.name);
      const apart = fit.apart?.find(({ path }) => path === partOf(base, tensor.name).path);
      if (apart) return `${shownPart(apart)} ${apart.why} in ${fit.name}`;
      if (!counterpart) return `missing in ${fit.name}`;
      if (!meets(tensor, counterpart)) {
        return `${formatShape(counterpart.shape)} in ${fit.name}, ${formatShape(tensor.shape)} in the base`;
      }
      if (!isMergeable(counterpart.dtype)) return `${counterpart.dtype} in ${fit.name}`;
      return [];
    });
  return reasons.length === 0 ? null : reasons.join('; ');
}

function notesOn(
  { name, tensors }: { name: string; tensors: readonly TensorInfo[] },
  scope: Scope,
  merged: number,
): string[] {
  const idle = idlePatterns(
    scope,
    tensors.map((tensor) => tensor.name),
  );
  const notes = idle.map((pattern) => {
    const near = nearPattern(
      pattern,
      tensors.map((tensor) => tensor.name),
    );
    const hint = near
      ? `Did you mean ${JSON.stringify(near)}?`
      : 'Patterns are tensor names with * and ?, or the first parts of names.';
    return `The scope's pattern ${JSON.stringify(pattern)} names no tensor of ${name}. ${hint}`;
  });
  if (merged === 0) notes.push('No tensor is in scope: every weight stays as in the base.');
  return notes;
}

function fileBytes({ files }: TensorIndex): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
