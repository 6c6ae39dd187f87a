import { bug } from '../errors.ts';
import { requestCompute } from '../jobs/requestCompute.ts';
import { createMeter } from '../jobs/progress.ts';
import type { MergeHost, MergePart } from '../merge/mergeChunks.ts';
import { readMaskWords } from '../storage/masks.ts';
import { createReader } from '../storage/reader.ts';
import type { RunPart } from '../storage/runs.ts';
import type { RunAtWork } from './runAtWork.ts';

/** What the merge of a run works on: its checkpoints, the masks found for them, and where its parts are stored. */
export async function hostOf(run: RunAtWork): Promise<MergeHost> {
  const { checkpoints, control, found, tools, matrices } = run;
  const readers = checkpoints.map(createReader);
  return {
    compute: await requestCompute(),
    readers,
    signal: control.signal,
    tensors: tools.tensors,
    onProgress: createMeter(run.report),
    resumed: () => control.resumed(),
    mergeBeside: (matrix) => matrices.merge(matrix),
    async maskWords(m, { name }, from, to) {
      const reader = readers[m + 1];
      if (reader?.maskWords) return reader.maskWords(name, from, to);
      const mask = found.stored[m];
      if (!mask) throw bug(`Model ${m} has no mask.`);
      return readMaskWords(mask, name, from, to);
    },
    // Parts are left to the garbage collector: were they freed here, it would seldom run, and Blobs it has not
    // collected keep their bytes in the browser process.
    save: (parts, journal) => run.save({ journal }, piecesOf(parts)),
  };
}

function piecesOf(parts: readonly MergePart[]): RunPart[] {
  return parts.flatMap(({ number, out, mask }) => [
    { kind: 'out' as const, number, data: out },
    ...(mask ? [{ kind: 'mask' as const, number, data: mask }] : []),
  ]);
}
