import type { Tensors } from '../gpu/tensors.ts';
import type { PlannedTensor } from '../merge/preflight.ts';
import type { Block } from '../models/block.ts';
import type { ParameterSource } from '../models/blockwise.ts';
import { createReaderSource, hold, type Held } from '../models/readerSource.ts';
import { readF32 } from '../models/readF32.ts';
import { createReader } from '../storage/reader.ts';
import { countElements, type TensorReader } from '../tensor/tensorIndex.ts';
import type { LoadedTask } from './loadTasks.ts';

export type OutOfScope = Awaited<ReturnType<typeof loadOutOfScope>>;

/**
 * Parameters that no model in memory changes: the base's out of scope, those of fine-tunes that differ, and heads; `planned` has
 * every tensor of the base.
 */
export async function loadOutOfScope(
  tensors: Tensors,
  planned: readonly PlannedTensor[],
  tasks: readonly LoadedTask[],
  models: number,
) {
  const copied = new Map(
    planned.filter(({ fate }) => fate === 'copied').map((each) => [each.tensor.name, each]),
  );
  const used = new Set(
    tasks.flatMap(({ tower, head }) =>
      [...tower, head].flatMap((block) =>
        block.tensors.flatMap(({ of, info }) => (of === 'model' ? [info.name] : [])),
      ),
    ),
  );
  const outside = [...used].flatMap((name) => copied.get(name) ?? []);
  const baseReader = createReader(tasks[0]!.base);
  const sourceOf = (reader: TensorReader) =>
    createReaderSource(tensors, { model: reader, task: reader }, Infinity);
  const shared = sourceOf(baseReader);
  const heads = tasks.map(({ tuned }) => sourceOf(createReader(tuned)));
  const own = Array.from({ length: models }, () => new Map<string, Held>());
  let bytes = outside.reduce((sum, { tensor }) => sum + countElements(tensor) * 4, 0);
  for (const [m, held] of own.entries()) {
    const reader = createReader(tasks[m]!.tuned);
    for (const { tensor, models: counterparts } of outside) {
      const info = counterparts[m];
      if (!info || countElements(info) !== countElements(tensor)) continue;
      const [ours, theirs] = [await readF32(baseReader, tensor), await readF32(reader, info)];
      if (ours.every((value, k) => value === theirs[k])) continue;
      bytes += theirs.byteLength;
      held.set(tensor.name, await hold(tensors, theirs, tensor.shape));
    }
  }
  return {
    bytes,
    /** For the blocks of a task; `tuned`: as this fine-tune has them. */
    source: (task: number, tuned: number | null): ParameterSource => ({
      async load(block) {
        const changed = tuned === null ? null : own[tuned];
        const isOwn = ({ of, info }: Block['tensors'][number]) =>
          of === 'model' && changed?.has(info.name) === true;
        const part = (keep: (each: Block['tensors'][number]) => boolean) => ({
          ...block,
          tensors: block.tensors.filter(keep),
        });
        const loaded = [
          await shared.load(part((each) => each.of === 'model' && !isOwn(each))),
          await heads[task]!.load(part((each) => each.of === 'task')),
        ];
        const mine = block.tensors
          .filter(isOwn)
          .map(({ info }) => [info.name, changed!.get(info.name)!.tensor] as const);
        return {
          params: new Map([...loaded.flatMap(({ params }) => [...params]), ...mine]),
          trainable: [],
          release: () => loaded.forEach(({ release }) => release()),
        };
      },
    }),
    free() {
      [shared, ...heads].forEach((source) => source.close());
      own.forEach((held) => held.forEach(({ free }) => free()));
    },
  };
}
