import { badFile } from '../errors.ts';
import { listKeys, read, write } from './db.ts';
import { keysUnder, type Key } from './keys.ts';
import { formatBytes, withRoom } from './quota.ts';
import { refuse, withFreeLock } from './tabs.ts';

/** The committed state of a search for masks: its parts lie under the slot. */
interface SnapshotRecord<T> {
  id: string;
  slot: string;
  snapshot: T;
  /** Milliseconds since 1970. */
  touchedAt: number;
}

type SnapshotKey = Extract<Key, ['snapshot', ...unknown[]]>;

/** What was left so long ago is swept. */
export const abandonedMs = 14 * 24 * 3600e3;

const lockOf = (searchId: string) => `localize-${searchId}`;

/** Runs `work` while no other tab does the same search; throws Unsupported when one does. */
export function withSearch<T>(searchId: string, work: () => Promise<T>): Promise<T> {
  const busy = `These masks are being found already, perhaps in another tab. Wait until that ends, or cancel it there.`;
  return withFreeLock(lockOf(searchId), work, refuse(busy));
}

/**
 * Keeps one snapshot of a search: parts are put under a new slot, which becomes the snapshot when it is committed, in one
 * transaction with the end of the old one. Throws QuotaFull, after which the old one is whole.
 */
export function createSnapshots<T>(searchId: string) {
  let slot: string | null = null;
  const committed = () => read<SnapshotRecord<T>>(['snapshot', searchId]);
  return {
    /** The committed snapshot, or null; what a cut-off commit left is deleted. */
    async read(): Promise<T | null> {
      const record = await committed();
      await write({ remove: await strayKeys(searchId, record?.slot) });
      return record?.snapshot ?? null;
    },
    async part(name: string): Promise<Uint8Array<ArrayBuffer>> {
      const record = await committed();
      const blob = record && (await read<Blob>(['snapshot', searchId, record.slot, name]));
      if (blob) return new Uint8Array(await blob.arrayBuffer());
      throw badFile(`The stored state of a search for masks lacks ${name}.`);
    },
    async put(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
      slot ??= crypto.randomUUID();
      const key: Key = ['snapshot', searchId, slot, name];
      const outcome = `A part of ${formatBytes(bytes.byteLength)} did not fit; what was kept before is whole.`;
      await withRoom('the state of this search for masks', outcome, () =>
        write({ put: [[key, new Blob([bytes])]] }),
      );
    },
    async commit(snapshot: T): Promise<void> {
      const old = await committed();
      const next: SnapshotRecord<T> = {
        id: searchId,
        slot: slot ?? crypto.randomUUID(),
        snapshot,
        touchedAt: Date.now(),
      };
      slot = null;
      await write({
        remove: old ? [keysUnder('snapshot', searchId, old.slot)] : [],
        put: [[['snapshot', searchId], next]],
      });
    },
    /** Deletes the snapshot with its parts. */
    async drop(): Promise<void> {
      slot = null;
      await write({ remove: [['snapshot', searchId], keysUnder('snapshot', searchId)] });
    },
  };
}

/** Deletes snapshots that were left two weeks ago, and parts that no snapshot names; returns the number of keys. */
export async function sweepSnapshots(): Promise<number> {
  const keys = await listKeys<SnapshotKey>(keysUnder('snapshot'));
  let swept = 0;
  for (const id of new Set(keys.map((key) => key[1]))) {
    const sweepOne = async () => {
      const record = await read<SnapshotRecord<unknown>>(['snapshot', id]);
      const old = !record || record.touchedAt < Date.now() - abandonedMs;
      const stray = await strayKeys(id, old ? undefined : record.slot);
      const remove: Key[] = record && old ? [...stray, ['snapshot', id]] : stray;
      await write({ remove });
      return remove.length;
    };
    swept += await withFreeLock(lockOf(id), sweepOne, () => 0);
  }
  return swept;
}

/** Keys of a search's parts that do not lie in this slot. */
async function strayKeys(searchId: string, slot: string | undefined): Promise<Key[]> {
  const keys = await listKeys<SnapshotKey>(keysUnder('snapshot', searchId));
  return keys.filter((key) => key.length === 4 && key[2] !== slot);
}
