import { addTally, emptyTally } from '../../analysis/maskTally.ts';
import type { MergePlan } from '../../merge/plan.ts';
import { oversized } from '../../merge/wholeTensors.ts';
import type { MergeJournal } from '../../merge/journal.ts';
import { describeTensors } from '../../models/describeTensor.ts';
import type { Recipe } from '../../recipe/recipe.ts';
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
  const sum = emptyTally(plan.models);
  const tensors: TensorStats[] = [];
  const names = plan.outputs.map(({ planned }) => planned.tensor.name);
  const roles = describeTensors(checkpoints[0]?.architecture ?? null, names);
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
    scores: run.scores,
    notes: [
      ...notesOn(recipe, plan, journal),
      ...found.notes,
      ...(learned?.notes ?? []),
      ...notesOnPatches(checkpoints, new Set(tensors.map(({ name }) => name))),
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

function notesOn(
  { models }: Recipe,
  plan: MergePlan,
  { nonFinite, fellBack = [] }: MergeJournal,
): string[] {
  const notes = nonFinite.flatMap((count, m) =>
    count > 0
      ? `${models[m]?.model ?? ''} differs from the base by NaN or infinity at ${count.toLocaleString('en')} positions: one of the two files holds such values.`
      : [],
  );
  for (const { name, shape } of oversized(plan))
    notes.push(
      `${name} (${shape.join(' × ')}) is too large to merge as a matrix: it has the mean of the task vectors.`,
    );
  if (fellBack.length > 0)
    notes.push(
      `The singular vectors of ${fellBack.length} ${fellBack.length === 1 ? 'matrix' : 'matrices'} came the slow way, by QL, because inverse iteration did not find them: ${fellBack.slice(0, 3).join(', ')}${fellBack.length > 3 ? ' and others' : ''}. They are as exact.`,
    );
  if (plan.scope === 0) notes.push('No tensor is in scope: every weight stays as in the base.');
  return notes;
}
