import { incompatible } from '../errors.ts';
import { findNamed, type Named } from '../recipe/findNamed.ts';
import {
  getCheckpoint,
  requireCheckpoint,
  useCheckpoints,
  type StoredCheckpoint,
} from '../storage/checkpoints.ts';
import { identify } from '../storage/identify.ts';
import { layAdapter, tiesWith } from './layAdapter.ts';

/** A stored adapter on a checkpoint, as a model whose id names both. Throws Incompatible where it does not fit. */
export function adapterOn(
  stored: StoredCheckpoint,
  on: StoredCheckpoint,
  name = stored.name,
): StoredCheckpoint {
  const { adapter, id, formerIds = [], index, hashing = on.hashing } = stored;
  if (!adapter) throw incompatible(`${stored.name} is no adapter. Name it as a model by itself.`);
  if (on.adapter && !on.laid)
    throw incompatible(
      `${on.name} is an adapter. Name the base that it belongs on: base+${on.name}.`,
    );
  const { tensors, laid } = layAdapter(stored.name, adapter, on);
  const { ties: _, ...own } = stored;
  const ties = tiesWith(on, laid);
  const ids = [on.id, ...(on.formerIds ?? [])].flatMap((ours) =>
    [id, ...formerIds].map((theirs) => `${ours}+${theirs}`),
  );
  return {
    ...own,
    ...(ties && { ties }),
    name,
    ...{ id: ids[0]!, formerIds: ids.slice(1) },
    ...(hashing && { hashing }),
    index: { ...index, tensors },
    architecture: on.architecture,
    ...(on.parts && { parts: on.parts }),
    sideFiles: on.sideFiles,
    laid: { on, tensors: laid },
  };
}

/** Checkpoints of a recipe's names, base first, with adapters on what they stand on: one alone on the recipe's base, or on its own where that is no full model. */
export function standing(
  names: readonly string[],
  all: readonly StoredCheckpoint[],
): { found: (StoredCheckpoint | null)[]; absent: string[] } {
  const absent = new Set<string>();
  const named = (name: string) => {
    const found = findNamed(all, name);
    if (!found) absent.add(name);
    return found;
  };
  const parted = names.map((name) => {
    const at = findNamed(all, name) ? -1 : name.lastIndexOf('+');
    const [on, own] = at > 0 ? [name.slice(0, at), name.slice(at + 1)] : [null, name];
    return { name, on: on === null ? null : named(on), own: named(own) };
  });
  const [first] = parted;
  const base =
    first?.own && (first.on ?? (first.own.adapter ? ownBase(first.own, all) : first.own));
  const found = parted.map(({ name, on, own }) => {
    if (!own || absent.size > 0) return null;
    if (!own.adapter && !on) return own;
    return adapterOn(own, on ?? base ?? ownBase(own, all), name);
  });
  return { found, absent: [...absent] };
}

type Adaptable = Named & Pick<StoredCheckpoint, 'adapter'>;

/** The checkpoint that an adapter's configuration names as its base. */
export function ownBase<T extends Adaptable>({ name, adapter }: Adaptable, all: readonly T[]): T {
  const wanted = adapter?.base ?? null;
  const found = wanted === null ? null : findNamed(all, wanted);
  if (found && !found.adapter) return found;
  const says = wanted === null ? 'It does not tell its base.' : `It belongs on ${wanted}.`;
  throw incompatible(
    `${name} is an adapter, which no base can be. ${says} Name a full model as base_model, or write base+${name}.`,
  );
}

/** The checkpoint of this id, which may be that of an adapter on a checkpoint. */
export async function findCheckpoint(id: string): Promise<StoredCheckpoint | undefined> {
  if (!id.includes('+')) return getCheckpoint(id);
  const parts = await Promise.all(id.split('+').map((each) => getCheckpoint(each)));
  return parts.every((part) => part !== undefined) ? stack(parts) : undefined;
}

/** As `useCheckpoints`, where ids may be those of adapters on checkpoints. */
export function useStanding<T>(
  ids: readonly string[],
  work: (checkpoints: StoredCheckpoint[]) => Promise<T>,
): Promise<T> {
  const parts = ids.map((id) => id.split('+'));
  return useCheckpoints(parts.flat(), (checkpoints) => {
    let next = 0;
    return work(parts.map(({ length }) => stack(checkpoints.slice(next, (next += length)))));
  });
}

function stack([first, ...adapters]: readonly StoredCheckpoint[]): StoredCheckpoint {
  return adapters.reduce((on, adapter) => adapterOn(adapter, on), first!);
}

/** As `identify`, of all that a checkpoint is made of. */
export async function identifyStanding(
  { id }: Pick<StoredCheckpoint, 'id'>,
  signal: AbortSignal,
  onHashed: (doneBytes: number, totalBytes: number) => void,
): Promise<string> {
  const ids: string[] = [];
  for (const part of id.split('+')) {
    await requireCheckpoint(part);
    ids.push((await identify(part, signal, onHashed)).id);
  }
  return ids.join('+');
}
