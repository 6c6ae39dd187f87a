import { bug, incompatible, toAppError } from '../errors.ts';
import { hasLineage } from '../export/lineage.ts';
import type { OpenedCheckpoint } from '../formats/checkpoint.ts';
import { openCheckpoints } from '../formats/open.ts';
import { mergekitNotes } from '../merge/mergekitNotes.ts';
import { noteRemark, remarksOnAdapters, remarksOnRange } from '../merge/remarks.ts';
import { outputDtype } from '../merge/plan.ts';
import { preflight } from '../merge/preflight.ts';
import { tensorRules } from '../merge/tensorRules.ts';
import { learningBytes, mergingBytes } from '../merge/workingMemory.ts';
import { layAdapter, tiesWith, type Laid } from './layAdapter.ts';
import { methodFor } from '../merge/methods/registry.ts';
import { architectureOf, identifyArchitecture } from '../models/registry.ts';
import { lastPart } from '../recipe/findNamed.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { checkCopy } from '../storage/checkCopy.ts';
import { getCheckpoint, listCheckpoints, type StoredCheckpoint } from '../storage/checkpoints.ts';
import { identifyInPauses } from '../storage/identify.ts';
import { ingest, ingestInPlace } from '../storage/ingest.ts';
import { resumableBytes } from '../storage/journal.ts';
import { placedTrouble } from '../storage/placed.ts';
import { countElements, tensorBytes } from '../tensor/tensorIndex.ts';
import { findCheckpoint, identifyStanding, ownBase, standing } from './adapters.ts';
import { dtypesOf } from './dtypesOf.ts';
import { familyOf } from './family.ts';
import { withJob } from '../jobs/jobs.ts';
import { budgetInfo } from '../jobs/memoryBudget.ts';
import { checkPatch, notesOnPatches, onBase, sortPatches, strayPatch } from './patchFiles.ts';
import { createMeter } from '../jobs/progress.ts';
import { listNames, mostNames, nearestName } from '../wording.ts';
import { withKnownTies, withTies } from './ties.ts';
import type { EngineApi } from '../api/engine.ts';
import type { CheckpointSummary, InspectResult } from '../api/checkpoints.ts';
import type { Remark } from '../api/remarks.ts';

/** Dropped checkpoints that wait for their copy, by the key the page knows them by. */
let candidates = new Map<string, OpenedCheckpoint>();
/** Of their files, where the browser gives any. */
let handles = new Map<Blob, FileSystemFileHandle>();

export async function inspect(
  sources: Parameters<EngineApi['inspect']>[0],
): Promise<InspectResult> {
  const files = sources.map(({ path, file }) => ({ path, blob: file }));
  handles = new Map(sources.flatMap(({ file, handle }) => (handle ? [[file, handle]] : [])));
  const { checkpoints, problems, recipes } = await openCheckpoints(files, identifyArchitecture);
  const sorted = await sortPatches(checkpoints);
  candidates = new Map(sorted.checkpoints.map((opened) => [crypto.randomUUID(), opened]));
  const described = [...candidates].map(async ([key, opened]) => ({
    key,
    name: opened.name,
    ...describe(opened),
    resumableBytes: await resumableBytes(opened),
    placeable: opened.weightFiles.every(({ blob }) => handles.has(blob)),
    notes: [...(opened.notes ?? [])],
  }));
  return {
    candidates: await Promise.all(described),
    problems: [...problems, ...sorted.problems],
    recipes,
  };
}

export const preflightOf: EngineApi['preflight'] = async (base, models, recipe) => {
  const method = recipe && methodFor(recipe);
  const rules: ReturnType<typeof tensorRules> =
    recipe && method ? tensorRules(recipe, method) : ['blocks', 'base'];
  const [first, ...headers] = await Promise.all(
    [base, ...models].map(async (each) => withKnownTies(await headerOf(each))),
  );
  if (!first) throw bug('A preflight needs a base.');
  if (first.patch) throw incompatible(`${first.name} is a patch, which no base can be.`);
  const header = isBare(first) ? await withKnownTies(await ownBaseOf(first)) : first;
  const laid = await Promise.all(headers.map((each) => layOn(each, header)));
  const found = preflight(
    header,
    laid.map((each) => each.header),
    ...rules,
  );
  const merged = found.tensors.filter(({ fate }) => fate === 'merged').map(({ name }) => name);
  const notes = recipe && method ? mergekitNotes(recipe, method, found.remarks) : [];
  return {
    ...found,
    models: found.models.map((fit, m) => ({ ...fit, refusal: laid[m]?.refusal ?? fit.refusal })),
    remarks: [
      ...[...notes, ...notesOnPatches(headers, new Set(merged))].map(noteRemark),
      ...remarksOnAdapters(
        headers.map((each, m) => ({ ...each, ...(laid[m]?.laid && { laid: laid[m].laid }) })),
      ),
      ...found.remarks,
      ...(recipe ? rangeRemarks(header, headers, recipe) : []),
    ],
    ...(recipe &&
      method && {
        memory:
          mergingBytes(method, found.tensors, models.length) +
          learningBytes(recipe, method, found.parameters, (await budgetInfo()).bytes),
      }),
  };
};

/** Whether a merge writes smaller dtypes than it reads. */
function rangeRemarks(base: Header, headers: readonly Header[], recipe: Recipe): Remark[] {
  const written = dtypesOf(base.index).map((dtype) => outputDtype(dtype, recipe));
  return remarksOnRange(
    new Set(written),
    new Set([base, ...headers].flatMap(({ index }) => dtypesOf(index))),
  );
}

type Header = (OpenedCheckpoint | StoredCheckpoint) & { isLaid?: true };

/** Whether it is an adapter that lies on nothing yet. */
const isBare = ({ adapter, isLaid }: Header) => adapter !== undefined && !isLaid;

/** What an adapter's configuration names as its base, dropped or stored. */
async function ownBaseOf(header: Header): Promise<Header> {
  const all: Header[] = [...candidates.values(), ...(await listCheckpoints())];
  return ownBase(header, all);
}

/** A patch or an adapter as a model of a base, and why it is none. */
async function layOn(
  header: Header,
  base: Header,
): Promise<{ header: Header; refusal: string | null; laid?: { tensors: Laid['laid'] } }> {
  if (header.adapter && isBare(header)) {
    try {
      const { tensors, laid } = layAdapter(header.name, header.adapter, base);
      const index = { ...header.index, tensors };
      const { architecture, parts } = base;
      const { ties: _, ...own } = header;
      const ties = tiesWith(base, laid);
      const on = { ...own, index, architecture, isLaid: true } as const;
      return {
        header: { ...on, ...(parts && { parts }), ...(ties && { ties }) },
        refusal: null,
        laid: { tensors: laid },
      };
    } catch (thrown) {
      const { kind, message } = toAppError(thrown);
      if (kind !== 'Incompatible') throw thrown;
      return { header, refusal: message };
    }
  }
  if (!header.patch) return { header, refusal: null };
  const refusal = strayPatch(header, base);
  if ('id' in header) return { header, refusal };
  try {
    const own = (await getCheckpoint(header.patch.base)) ?? base;
    return { header: onBase(header, own), refusal };
  } catch (thrown) {
    const { kind, message } = toAppError(thrown);
    if (kind !== 'BadFile') throw thrown;
    return { header, refusal: message };
  }
}

export const ingestCandidate: EngineApi['ingest'] = (job, key, onProgress, inPlace = false) =>
  withJob(job, async (signal) => {
    const meter = createMeter(onProgress);
    const checked = await checkPatch(candidateOf(key), signal, (done, total) =>
      meter('Checking', done, total, 'positions'),
    );
    const opened = await withKnownTies(checked);
    const id = inPlace
      ? await ingestInPlace(
          opened,
          opened.weightFiles.flatMap(({ blob }) => handles.get(blob) ?? []),
        )
      : await ingest(opened, {
          signal,
          onProgress: (done, total, file) => meter('Copying', done, total, file),
        });
    void identifyInPauses();
    return id;
  });

export async function library(): Promise<CheckpointSummary[]> {
  const described = (await listCheckpoints()).map(async (stored) => ({
    id: stored.id,
    hashing: stored.hashing !== undefined,
    key: stored.copy.id,
    formerIds: stored.formerIds ?? [],
    formerNames: stored.formerNames ?? [],
    name: stored.name,
    ...describe(stored),
    place: await placeOf(stored),
    tensors: stored.patch?.entries.length ?? stored.index.tensors.length,
    sideFiles: stored.sideFiles.map(({ path }) => path),
    addedAt: stored.addedAt,
    baseSince: stored.baseSince ?? null,
  }));
  return Promise.all(described);
}

async function placeOf({
  placed,
  ...stored
}: StoredCheckpoint): Promise<CheckpointSummary['place']> {
  if (!placed) return null;
  const trouble = await placedTrouble({ ...stored, placed });
  const asks = trouble?.kind === 'Incompatible';
  return { asks, trouble: asks ? null : (trouble?.message ?? null) };
}

export const handlesOf: EngineApi['handles'] = async (id) =>
  ((await storedCheckpoint(id)).placed ?? []).map(({ handle }) => handle);

export const tensors: EngineApi['tensors'] = async (id) => {
  const { index, patch } = await storedCheckpoint(id);
  const listed = patch
    ? patch.entries.map(({ name, values }) => ({ ...values, name }))
    : index.tensors;
  return listed.map(({ name, dtype, shape }) => ({
    name,
    dtype,
    shape: [...shape],
    bytes: tensorBytes({ dtype, shape }),
  }));
};

export const family: EngineApi['family'] = async (keyOrId) =>
  familyOf((await headerOf(keyOrId)).index.metadata);

export const checkStored: EngineApi['checkCopy'] = (job, id, onProgress) =>
  withJob(job, (signal) => {
    const meter = createMeter(onProgress);
    return checkCopy(id, signal, (done, total) => meter('Checking', done, total, 'bytes'));
  });

/** The checkpoints a recipe names, base first; throws Incompatible with the names the library lacks. */
export async function checkpointsOf(recipe: Recipe): Promise<StoredCheckpoint[]> {
  const all = await listCheckpoints();
  const names = [recipe.base_model, ...recipe.models.map(({ model }) => model)];
  const { found, absent } = standing(names, all);
  if (absent.length > 0) {
    const known = all.map((each) => each.name);
    const hints = absent.slice(0, mostNames).flatMap((name) => {
      const near = nearestName(name, known);
      return near === null ? [] : `Did you mean “${near}” by “${name}”? `;
    });
    throw incompatible(
      `The library has no checkpoint named ${listNames(absent.map((name) => `“${name}”`))}. ${hints.join('')}Add its files, or change the name in the recipe.`,
    );
  }
  refuseAlike(names, found);
  const [base, ...models] = found.filter((each) => each !== null);
  if (!base) return [];
  const strays = models.flatMap((model) => strayPatch(model, base) ?? []);
  if (base.patch) strays.push(`${base.name} is a patch, which no base can be. Choose another.`);
  if (strays.length > 0) throw incompatible(strays.join('\n'));
  return Promise.all([base, ...models].map((each) => withTies(each)));
}

/** Throws Incompatible where two names of which neither is a checkpoint's own mean one, as org-a/model and org-b/model do. */
function refuseAlike(names: readonly string[], found: readonly (StoredCheckpoint | null)[]): void {
  const longer = names.flatMap((name, i) => {
    const { id = '', name: own = name } = found[i] ?? {};
    return name !== own && own === lastPart(name) ? [{ name, id }] : [];
  });
  for (const { name, id } of longer) {
    const other = longer.find((each) => each.id === id && each.name !== name);
    if (other)
      throw incompatible(
        `“${other.name}” and “${name}” end alike, and the library has one checkpoint of that name. Rename checkpoints, and use these names in the recipe.`,
      );
  }
}

/** The same, once their content ids are known. Throws Cancelled, BadFile. */
export async function identifiedOf(
  recipe: Recipe,
  signal: AbortSignal,
  report: (doneBytes: number, totalBytes: number, name: string) => void,
): Promise<StoredCheckpoint[]> {
  for (const each of await checkpointsOf(recipe))
    await identifyStanding(each, signal, (done, total) => report(done, total, each.name));
  return checkpointsOf(recipe);
}

function describe({
  architecture,
  index,
  patch,
  adapter,
}: Pick<Header, 'architecture' | 'index' | 'patch' | 'adapter'>) {
  const known = architectureOf(architecture);
  const tensors = patch ? patch.entries.map(({ values }) => values) : index.tensors;
  return {
    architecture: known && { id: known.id, label: known.label },
    parameters: tensors.reduce((sum, tensor) => sum + countElements(tensor), 0),
    dtypes: dtypesOf({ tensors }),
    patch: patch ? { base: patch.base, task: patch.task } : null,
    adapter: adapter ? { form: adapter.form, rank: adapter.rank, base: adapter.base } : null,
    bytes: index.files.reduce((sum, { bytes }) => sum + bytes, 0),
    merged: hasLineage(index.metadata),
  };
}

function candidateOf(key: string): OpenedCheckpoint {
  const opened = candidates.get(key);
  if (!opened) throw bug('That checkpoint is no longer on the table. Open it again.');
  return opened;
}

/** Of a dropped or a stored checkpoint, or of an adapter on one: their keys with a plus between. */
async function headerOf(keyOrId: string): Promise<Header> {
  const [first = '', ...adapters] = keyOrId.split('+');
  let on: Header = await withKnownTies(candidates.get(first) ?? (await storedCheckpoint(first)));
  for (const key of adapters) {
    const own: Header = candidates.get(key) ?? (await storedCheckpoint(key));
    const { header, refusal } = await layOn(own, on);
    if (refusal !== null) throw incompatible(refusal);
    on = header;
  }
  return on;
}

async function storedCheckpoint(id: string): Promise<StoredCheckpoint> {
  const stored = await findCheckpoint(id);
  if (!stored) throw incompatible('That checkpoint was deleted. Add its files again.');
  return stored;
}
