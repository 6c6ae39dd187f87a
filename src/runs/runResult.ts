import { addMasks, addTally, emptyTally } from '../analysis/maskTally.ts';
import type { MergePlan } from '../merge/plan.ts';
import { oversized } from '../merge/wholeTensors.ts';
import type { MergeJournal } from '../merge/journal.ts';
import { asBytes, release } from '../tensor/release.ts';
import { describeTensors } from '../models/describeTensor.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { getPart } from '../storage/runs.ts';
import type { LocalizedMask } from '../api/localizing.ts';
import type { RunResult, Score, TensorStats } from '../api/results.ts';

/** What a run came to beside its masks. */
export interface RunFindings {
  cosines: number[];
  localized: LocalizedMask[];
  scores: Score[];
  notes: string[];
  /** Spent on finding masks with data, and on evaluating. */
  seconds: { localize: number; evaluate: number };
}

/** Counts a finished run's stored masks, part by part, and sums it up. */
export async function runResult(
  id: string,
  recipe: Recipe,
  plan: MergePlan,
  journal: MergeJournal,
  { adapter, architecture }: { adapter: string; architecture: string | null },
  found: RunFindings,
): Promise<RunResult> {
  const sum = emptyTally(plan.models);
  const tensors: TensorStats[] = [];
  const names = plan.outputs.map(({ planned }) => planned.tensor.name);
  const roles = describeTensors(architecture, names);
  for (const [i, { planned, firstPart, endPart }] of plan.outputs.entries()) {
    if (planned.fate !== 'merged') continue;
    const tally = emptyTally(plan.models);
    for (let part = firstPart; part < endPart; part++) {
      const blob = await getPart(id, 'mask', part);
      const masks = new Uint32Array(await blob.arrayBuffer());
      addMasks(tally, masks, plan.chunks[part]?.elements ?? 0);
      release(asBytes(masks));
    }
    addTally(sum, tally);
    const { layer = null, component = 'other' } = roles[i] ?? {};
    const { elements, kept, changed } = tally;
    const weights = journal.weights?.[tensors.length];
    tensors.push({
      ...{ name: planned.tensor.name, layer, component, elements, kept, changed },
      ...(weights && { weights }),
    });
  }
  return {
    id,
    method: recipe.merge_method,
    models: recipe.models.map(({ model }) => model),
    base: recipe.base_model,
    parameters: { total: plan.total, scope: plan.scope, changed: sum.changed },
    density: sum.kept.map((kept) => kept / Math.max(1, plan.scope)),
    intersections: sum.intersections,
    owners: sum.owners,
    tensors,
    ...{ cosines: found.cosines, localized: found.localized, scores: found.scores },
    notes: [...notesOn(recipe, plan, journal), ...found.notes],
    seconds: {
      localize: journal.milliseconds.localize / 1000 + found.seconds.localize,
      merge: journal.milliseconds.merge / 1000,
      evaluate: found.seconds.evaluate,
    },
    bytesRead: journal.bytesRead,
    bytesWritten: journal.bytesWritten,
    adapter,
  };
}

function notesOn({ models }: Recipe, plan: MergePlan, { nonFinite }: MergeJournal): string[] {
  const notes = nonFinite.flatMap((count, m) =>
    count > 0
      ? `${models[m]?.model ?? ''} differs from the base by NaN or infinity at ${count.toLocaleString('en')} positions: one of the two files holds such values.`
      : [],
  );
  for (const { name, shape } of oversized(plan))
    notes.push(
      `${name} (${shape.join(' × ')}) is too large to merge as a matrix: it has the mean of the task vectors.`,
    );
  if (plan.scope === 0) notes.push('No tensor is in scope: every weight stays as in the base.');
  return notes;
}
