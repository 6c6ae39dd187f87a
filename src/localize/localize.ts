import { AppError } from '../errors.ts';
import { memoryScratch } from '../scope/scopeArrays.ts';
import { localizeDataless } from './dataless.ts';
import { createLogitOptimiser } from './logits.ts';
import { planArrays, type MemoryPlan } from '../scope/memory.ts';
import { optimise, type Optimiser } from './optimise.ts';
import { createRankOptimiser } from './rank.ts';
import type { Localized, LocalizeHost, LocalizeInput, Workplace } from './contract.ts';

/**
 * Finds masks by the localizer's rule (ARCHITECTURE.md, Masks by gradient and by size). Throws Cancelled; Incompatible when
 * the loss is no number, keeping the last snapshot.
 */
export async function localize(input: LocalizeInput, host: LocalizeHost): Promise<Localized> {
  const { form } = input.localizer;
  if (form.kind === 'logits')
    return withWorkplace(input, host, (work) => createLogitOptimiser(form, input, work));
  if (form.kind === 'rank')
    return withWorkplace(input, host, (work) => createRankOptimiser(input, work));
  const masks = await localizeDataless(form.kind, input, host);
  return { masks, losses: [], steps: 0, notes: [] };
}

/** Streams from storage where the device has less room than the budget promised. */
async function withWorkplace<Name extends string>(
  input: LocalizeInput,
  host: LocalizeHost,
  create: (work: Workplace) => Promise<Optimiser<Name>>,
): Promise<Localized> {
  const plan = planMemory(input, host.budgetBytes);
  const wanted = `${Math.round(plan.wantedBytes / 1e6).toLocaleString('en')} MB`;
  const notes = plan.resident
    ? []
    : [`All weights and mask state would take ${wanted}, more than is set aside: ${streaming}`];
  try {
    return await optimiseWithin(input, host, plan, notes, create);
  } catch (thrown) {
    const full = thrown instanceof AppError && thrown.kind === 'QuotaFull';
    if (!full || host.budgetBytes === 0) throw thrown;
    const smaller = { ...host, budgetBytes: 0 };
    const note = `The GPU has no room for all weights and mask state, ${wanted}: ${streaming}`;
    return optimiseWithin(input, smaller, planMemory(input, 0), [note], create);
  }
}

const streaming = 'blocks stream from storage, which is slower.';

async function optimiseWithin<Name extends string>(
  input: LocalizeInput,
  host: LocalizeHost,
  plan: MemoryPlan,
  notes: readonly string[],
  create: (work: Workplace) => Promise<Optimiser<Name>>,
): Promise<Localized> {
  const rests = input.masks.map(({ tuned }) => plan.rest(host.tensors, input.base, tuned));
  const work: Workplace = {
    ...host,
    budgetBytes: plan.arrayBytes,
    scratch: host.scratch ?? memoryScratch(),
    notes,
    segments: plan.segments,
    rest: (task) => rests[task]!,
  };
  const optimiser = await create(work);
  try {
    return await optimise(optimiser, input, work);
  } finally {
    await optimiser.dispose();
    rests.forEach((rest) => rest.close());
  }
}

/** Compares the bytes that localizing would hold with its budget. */
function planMemory(
  { localizer, scope, masks, settings }: LocalizeInput,
  budgetBytes: number,
): MemoryPlan {
  const arrays = localizer.form.kind === 'rank' ? 3 + 3 * masks.length : 6;
  const tasks = masks.map(({ task }) => task);
  return planArrays({ arrays, scope, tasks, batchSize: settings.batchSize }, budgetBytes);
}
