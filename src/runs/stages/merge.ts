import { madePlan, withoutMade } from '../../merge/madePlan.ts';
import { runMerge, type MergeHost } from '../../merge/runMerge.ts';
import { madeReader } from '../../training/made.ts';
import { withCrew } from '../crew.ts';
import { freeing, hostOf, noteOf } from '../mergeHost.ts';
import type { RunStage } from '../runAtWork.ts';
import { scopeOf } from '../scopeOf.ts';

/** Writes the merged weights, chunk by chunk. */
export const mergeStage: RunStage = async (run) => {
  const { plan, learned, record } = run;
  const host = await hostOf(run);
  const { kind, adapter } = host.compute;
  run.adapter = kind === 'cpu' ? `CPU: ${adapter}` : adapter;
  const merge = () => {
    if (!learned?.made)
      return withCrew(run, host.compute, (crew) =>
        runMerge(
          plan,
          { ...host, ...(crew && { crew, save: freeing(host.save) }), note: noteOf(plan) },
          record.journal,
        ),
      );
    const readers = [...host.readers, madeReader(learned.scratch, scopeOf(plan, []))];
    const save: MergeHost['save'] = (parts, journal) =>
      host.save(
        parts.map((part) => withoutMade(plan, part)),
        journal,
      );
    return runMerge(madePlan(plan), { ...host, readers, save }, record.journal);
  };
  const journal = await merge();
  run.record = { ...run.record, journal };
};
