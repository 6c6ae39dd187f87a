import { incompatible } from '../../errors.ts';
import type { Snapshot } from '../../localize/contract.ts';
import { getMask, putMask, readMaskWords, type StoredMask } from '../../storage/masks.ts';
import { createReader } from '../../storage/reader.ts';
import { createSnapshots, withSearch } from '../../storage/snapshots.ts';
import type { LocalizedMask } from '../../api/localizing.ts';
import { createScratch } from '../../jobs/scratch.ts';
import type { PlannedRun } from '../planRun.ts';
import { scopeOf } from '../scopeOf.ts';
import { searchMasks, type SearchedModel } from './searchMasks.ts';
import { needsData, type Search, type SearchPlan } from './searchPlan.ts';
import { thin, type TellLive } from './live.ts';
import { tryTuned } from './tryTuned.ts';

/** What finding masks needs of a run. */
export interface SearchHost extends PlannedRun {
  tell: TellLive;
  /** How often a search keeps what it needs to go on after it was cut off; the localizer's own choice unless given. */
  snapshotEveryMs?: number;
}

export interface FoundMasks {
  /** Null where a model's mask goes by density. */
  stored: (StoredMask | null)[];
  localized: LocalizedMask[];
  notes: string[];
  /** Spent on searches now, not those of masks found in storage. */
  seconds: number;
}

/** The masks of a plan: those in storage as they are, the others found and stored. */
export async function findMasks(search: SearchPlan, host: SearchHost): Promise<FoundMasks> {
  const started = performance.now();
  const fresh = new Set<string>();
  for (const each of search.searches) {
    const known = await Promise.all(each.models.map(({ mask }) => getMask(mask)));
    if (known.every((mask) => mask)) continue;
    await withSearch(each.id, () => searchOne(each, search, host));
    each.models.forEach(({ mask }) => fresh.add(mask));
  }
  const stored = await Promise.all(search.masks.map((id, m) => requireMask(id, m, host)));
  const localized = stored.flatMap((mask, m) =>
    mask ? [summaryOf(mask, nameOf(host, m), !fresh.has(mask.id))] : [],
  );
  const notes = stored.flatMap((mask, m) =>
    (mask?.notes ?? []).map((note) => `${nameOf(host, m)}: ${note}`),
  );
  return { stored, localized, notes, seconds: (performance.now() - started) / 1000 };
}

async function searchOne(search: Search, plan: SearchPlan, host: SearchHost): Promise<void> {
  const { control, checkpoints } = host;
  const started = performance.now();
  const members = [...search.models, ...search.fixed];
  const numbers = members.map(({ at }) => at);
  const prepared = await Promise.all(numbers.map((at) => host.tools.prepared(at)));
  const models: SearchedModel[] = [];
  for (const [i, { at, mask }] of members.entries()) {
    const found = i >= search.models.length;
    models.push({
      name: nameOf(host, at),
      prepared: prepared[i]!,
      density: host.plan.parameters[at]?.density ?? 1,
      tuned: createReader(checkpoints[at + 1]!),
      ...(found && { fixed: await wordsOf(await requireMask(mask, at, host)) }),
    });
  }
  const snapshots = createSnapshots<Snapshot>(search.id);
  const scratch = createScratch(search.id);
  const { localizer, settings, input } = plan;
  try {
    const warnings = new Map<number, string[]>();
    if (needsData(localizer))
      for (const { at } of search.models) warnings.set(at, await tryTuned(host, at));
    const warned = [...warnings].flatMap(([at, notes]) =>
      notes.map((note) => `${nameOf(host, at)}: ${note}`),
    );
    const found = await searchMasks(
      models,
      {
        localizer,
        scope: scopeOf(host.plan, numbers),
        base: createReader(checkpoints[0]!),
        budget: settings.budget,
        settings: input,
      },
      {
        tensors: await host.tools.tensors(),
        scratch,
        snapshots,
        control,
        tell: (names, state) => host.tell(names, { ...state, notes: [...warned, ...state.notes] }),
        ...(host.snapshotEveryMs !== undefined && { snapshotEveryMs: host.snapshotEveryMs }),
      },
    );
    const seconds = (performance.now() - started) / 1000;
    for (const [i, { at, mask }] of search.models.entries()) {
      const { words, kept } = found.masks[i] ?? { words: new Map(), kept: 0 };
      const { steps, losses } = found;
      const notes = [...(warnings.get(at) ?? []), ...found.notes, ...(prepared[i]?.notes ?? [])];
      await putMask(
        {
          id: mask,
          preset: settings.preset,
          settings: { ...settings, ...input },
          base: checkpoints[0]?.id ?? '',
          tuned: checkpoints[at + 1]?.id ?? '',
          scope: host.plan.scope,
          kept,
          steps,
          losses: [...losses],
          seconds,
          notes,
        },
        words,
      );
    }
    await snapshots.drop();
  } finally {
    await scratch.close();
  }
}

async function requireMask(id: string | null, m: number, host: SearchHost) {
  if (id === null) return null;
  const mask = await getMask(id);
  const [base, tuned] = [host.checkpoints[0], host.checkpoints[m + 1]];
  if (mask && mask.base === base?.id && mask.tuned === tuned?.id) return mask;
  const name = nameOf(host, m);
  throw incompatible(
    mask
      ? `The mask given for “${name}” was found for other checkpoints. Take \`mask\` out of the recipe, so that it is found anew.`
      : `This browser has no mask ${id.slice(0, 12)}… for “${name}”. Take \`mask\` out of the recipe, so that it is found anew.`,
  );
}

async function wordsOf(mask: StoredMask | null): Promise<Map<string, Uint32Array>> {
  const words = new Map<string, Uint32Array>();
  for (const { name, start, end } of mask?.tensors ?? [])
    if (mask) words.set(name, await readMaskWords(mask, name, 0, end - start));
  return words;
}

function summaryOf(mask: StoredMask, model: string, reused: boolean): LocalizedMask {
  const { id, preset, kept, scope, seconds, steps, losses } = mask;
  const density = kept / Math.max(1, scope);
  return { model, mask: id, preset, density, seconds, steps, losses: thin(losses), reused };
}

const nameOf = ({ recipe }: SearchHost, m: number) => recipe.models[m]?.model ?? '';
