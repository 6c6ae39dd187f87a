import { copyLock, type StoredCheckpoint } from './checkpoints.ts';
import { readAll, removeUnowned } from './db.ts';
import { dropJournal, ingestLock, type IngestJournal } from './journal.ts';
import { keysUnder } from './keys.ts';
import { sweepScores } from './scores.ts';
import { abandonedMs, sweepSnapshots } from './snapshots.ts';
import { heldLocks, withFreeLock } from './tabs.ts';

/**
 * Deletes what nothing needs: copies cut off two weeks ago and not gone on with, slices of no checkpoint
 * or journal that nobody reads, parts of no run, scores of deleted checkpoints, and state of searches for masks likewise. Leaves alone what another tab works on. Resolves with the number of keys deleted.
 */
export async function sweep(): Promise<number> {
  for (const journal of await readAll<IngestJournal>(keysUnder('ingest')))
    if (journal.touchedAt < Date.now() - abandonedMs)
      await withFreeLock(
        ingestLock(journal.fingerprint),
        () => dropJournal(journal.fingerprint),
        () => undefined,
      );
  const owners = [keysUnder('checkpoint'), keysUnder('ingest')];
  const held = await heldLocks(copyLock(''));
  let swept = 0;
  for (const kind of ['slice', 'digests'] as const)
    swept += await removeUnowned<StoredCheckpoint | IngestJournal>(
      keysUnder(kind),
      owners,
      (owner) => owner.copy.id,
      held,
    );
  const parts = await removeUnowned<{ id: string }>(
    keysUnder('part'),
    [keysUnder('run')],
    (run) => run.id,
  );
  return swept + parts + (await sweepScores()) + (await sweepSnapshots());
}
