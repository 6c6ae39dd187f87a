import { copyLock, type CheckpointRecord } from './checkpoints.ts';
import { readAll, removeUnowned } from './db.ts';
import { hashLock } from './identify.ts';
import { dropJournal, ingestLock, type IngestJournal } from './journal.ts';
import { keysUnder } from './keys.ts';
import { sweepMadeWith } from './madeWith.ts';
import { sweepScores } from './scores.ts';
import { abandonedMs, sweepSnapshots } from './snapshots.ts';
import { heldLocks, withFreeLock, withLock } from './tabs.ts';

/**
 * Deletes what nothing needs: copies cut off two weeks ago and not gone on with, slices of no checkpoint
 * or journal that nobody reads, parts of no run, scores of deleted checkpoints, what was measured with deleted checkpoints or data, and state of searches for masks likewise. Leaves alone what another tab works on. Resolves with the number of keys deleted.
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
  const weights = await withLock(hashLock, 'exclusive', async () => {
    const held = await heldLocks(copyLock(''));
    const idOf = (owner: CheckpointRecord | IngestJournal) => owner.copy.id;
    const kinds = [keysUnder('index'), keysUnder('slice'), keysUnder('digests')];
    return Promise.all(kinds.map((kind) => removeUnowned(kind, owners, idOf, held)));
  });
  const parts = await removeUnowned<{ id: string }>(
    keysUnder('part'),
    [keysUnder('run')],
    (run) => run.id,
  );
  const measured = (await sweepScores()) + (await sweepMadeWith());
  return weights.reduce((a, b) => a + b) + parts + measured + (await sweepSnapshots());
}
