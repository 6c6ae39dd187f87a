import { madePlan, withoutMade } from '../../merge/madePlan.ts';
import type { MergeHost } from '../../merge/mergeChunks.ts';
import { runMerge } from '../../merge/runMerge.ts';
import { madeReader } from '../../training/made.ts';
import { hostOf, measureProducts } from '../mergeHost.ts';
import type { RunStage } from '../runAtWork.ts';
import { scopeOf } from '../scopeOf.ts';

/** Writes the merged weights, chunk by chunk. */
export const mergeStage: RunStage = async (run) => {
  const { plan, learned, record } = run;
  const host = await hostOf(run);
  const { kind, adapter } = host.compute;
  run.adapter = kind === 'cpu' ? `CPU: ${adapter}` : adapter;
  const merge = () => {
    const measure = plan.method.mask === 'density' ? { measure: measureProducts } : {};
    if (!learned?.made) return runMerge(plan, { ...host, ...measure }, record.journal);
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
