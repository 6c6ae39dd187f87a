import { addTally, emptyTally } from '../../analysis/maskTally.ts';
import type { Remark } from '../../api/remarks.ts';
import type { OddCounts } from '../../merge/countNonFinite.ts';
import type { MergePlan, OutputTensor } from '../../merge/plan.ts';
import { preflight } from '../../merge/preflight.ts';
import { tensorRules } from '../../merge/tensorRules.ts';
import {
  noteRemark,
  remarksOnAdapters,
  remarksOnValues,
  type OddTensor,
} from '../../merge/remarks.ts';
import { oversized } from '../../merge/wholeTensors.ts';
import type { MergeJournal } from '../../merge/journal.ts';
import { describeTensors } from '../../models/describeTensor.ts';
import { openParts, partNotes } from '../../storage/runs.ts';
import type { RunResult, TensorStats } from '../../api/results.ts';
import { tallyOf, type PartNote } from '../mergeHost.ts';
import type { RunAtWork } from '../runAtWork.ts';
import { notesOnPatches } from '../../library/patchFiles.ts';

/** Sums up what the run came to, by the counts noted of its masks. */
export async function sumUp(run: RunAtWork): Promise<RunResult> {
  const { id, recipe, plan, checkpoints, found, learned } = run;
  const { journal } = run.record;
  const notes = await partNotes<PartNote>(id, 'mask');
  const partOf = openParts(id, 'mask');
  const count = async (part: number) => {
    const masks = new Uint32Array(await (await partOf(part)).arrayBuffer());
    return tallyOf(masks, plan.models, plan.chunks[part]?.elements ?? 0);
  };
  const oddParts = await partNotes<OddCounts>(id, 'out');
  const odd = plan.outputs.flatMap((output) => oddTensor(output, oddParts) ?? []);
  const sum = emptyTally(plan.models);
  const tensors: TensorStats[] = [];
  const names = plan.outputs.map(({ planned }) => planned.tensor.name);
  const roles = describeTensors(checkpoints[0] ?? { architecture: null }, names);
  for (const [i, { planned, firstPart, endPart }] of plan.outputs.entries()) {
    if (planned.fate !== 'merged') continue;
    const tally = emptyTally(plan.models);
    for (let part = firstPart; part < endPart; part++)
      addTally(tally, notes.get(part)?.tally ?? (await count(part)));
    addTally(sum, tally);
    const { layer = null, component = 'other' } = roles[i] ?? {};
    const { elements, kept, changed } = tally;
    const weights = journal.weights?.[tensors.length];
    tensors.push({
      name: planned.tensor.name,
      layer,
      component,
      elements,
      kept,
      changed,
      ...(weights && { weights }),
    });
  }
  const general = new Set(recipe.general?.map(({ name }) => name));
  const result: RunResult = {
    id,
    method: recipe.merge_method,
    models: recipe.models.map(({ model }) => model),
    base: recipe.base_model,
    parameters: { total: plan.total, scope: plan.scope, changed: sum.changed },
    density: sum.kept.map((kept) => kept / Math.max(1, plan.scope)),
    intersections: sum.intersections,
    owners: sum.owners,
    tensors,
    cosines: run.cosines,
    localized: found.localized,
    scores: run.scores.filter(({ task }) => !general.has(task)),
    ...(general.size > 0 && { general: run.scores.filter(({ task }) => general.has(task)) }),
    remarks: [
      ...remarksOnValues(odd, [recipe.base_model, ...recipe.models.map(({ model }) => model)]),
      ...remarksOnAdapters(checkpoints.slice(1)),
      ...preflightRemarks(run),
      ...[
        ...notesOn(plan, journal),
        ...found.notes,
        ...(learned?.notes ?? []),
        ...notesOnPatches(checkpoints, new Set(tensors.map(({ name }) => name))),
      ].map(noteRemark),
    ],
    seconds: {
      localize: journal.milliseconds.localize / 1000 + found.seconds + (learned?.seconds ?? 0),
      merge: journal.milliseconds.merge / 1000,
      evaluate: run.evaluateSeconds,
    },
    bytesRead: journal.bytesRead,
    bytesWritten: journal.bytesWritten,
    adapter: run.adapter,
  };
  await run.save({ result });
  return result;
}

/** The counts of a tensor's parts together; null where all of it is finite. */
function oddTensor(
  { planned, dtype, firstPart, endPart }: OutputTensor,
  parts: ReadonlyMap<number, OddCounts>,
): OddTensor | null {
  const sum = { name: planned.tensor.name, dtype, inputs: [] as number[], output: 0 };
  for (let part = firstPart; part < endPart; part++) {
    const { inputs = [], output = 0 } = parts.get(part) ?? {};
    sum.output += output;
    for (const [i, count] of inputs.entries()) sum.inputs[i] = (sum.inputs[i] ?? 0) + count;
  }
  return sum.inputs.length > 0 ? sum : null;
}

/** What was known before the merge. */
function preflightRemarks({ recipe, plan, checkpoints }: RunAtWork): Remark[] {
  const [base, ...models] = checkpoints;
  return preflight(base!, models, ...tensorRules(recipe, plan.method)).remarks;
}

function notesOn(plan: MergePlan, { fellBack = [] }: MergeJournal): string[] {
  const notes: string[] = [];
  for (const { name, shape } of oversized(plan))
    notes.push(
      `${name} (${shape.join(' × ')}) is too large to merge as a matrix: it has the mean of the task vectors.`,
    );
  if (fellBack.length > 0)
    notes.push(
      `The singular vectors of ${fellBack.length} ${fellBack.length === 1 ? 'matrix' : 'matrices'} came the slow way, by QL, because inverse iteration did not find them: ${fellBack.slice(0, 3).join(', ')}${fellBack.length > 3 ? ' and others' : ''}. They are as exact.`,
    );
  return notes;
}
