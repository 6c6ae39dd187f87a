import { incompatible, toAppError } from '../errors.ts';
import { defaultLocalize, type TaskData } from '../recipe/recipe.ts';
import { getCheckpoint, type StoredCheckpoint } from '../storage/checkpoints.ts';
import { dataFinder, type FindData } from '../storage/dataSets.ts';
import { readLabelledRows } from './labelledRows.ts';
import { prepareTask } from './prepareTask.ts';
import type { PreparedTask } from './preparedTask.ts';
import { openTaskModel } from './taskModel.ts';
import type { DataCheck } from '../api/tasks.ts';
import type { EngineApi } from '../api/engine.ts';

/** Reads and encodes all the data as a run would, without running the model. */
export const checkData: EngineApi['checkData'] = async (base, model, data, localize) => {
  const find = dataFinder();
  try {
    const opened = await openTaskModel(await checkpointOf(base), await checkpointOf(model));
    return described(await prepareTask(opened, data, find, localize ?? defaultLocalize), data);
  } catch (thrown) {
    const { kind, message } = toAppError(thrown);
    if (kind === 'Bug') throw thrown;
    return { problem: message, summary: '', example: '', ...(await classesIn(data, find)) };
  }
};

/** The classes of prompted texts whose label words do not fit them: these are given by class. */
async function classesIn(
  { label_words: _, ...data }: TaskData,
  find: FindData,
): Promise<Pick<DataCheck, 'labels' | 'counts' | 'notes'>> {
  const none = { labels: [], counts: [], notes: [] };
  if (data.template === undefined || data.kind !== undefined) return none;
  const unknown = { names: null, count: null };
  const read = readLabelledRows(data, find, unknown, { shots: 1, seed: 0 });
  return read.then(
    ({ labels, counts, notes }) => ({
      ...{ labels, notes: [...new Set(notes)] },
      counts: data.train ? counts : [],
    }),
    () => none,
  );
}

function described({ labels, about, examples, notes }: PreparedTask, data: TaskData): DataCheck {
  const told = [
    ...(data.train === undefined ? [] : [`${count(about.trainExamples)} training`]),
    ...(data.test === undefined ? [] : [`${count(examples)} test`]),
  ];
  return {
    problem: null,
    summary: `${about.reading} · ${told.join(' and ')} examples`,
    labels: [...labels],
    counts: data.train === undefined ? [] : about.counts,
    example: about.example,
    notes: [...notes],
  };
}

const count = (number: number) => number.toLocaleString('en');

async function checkpointOf(id: string): Promise<StoredCheckpoint> {
  const found = await getCheckpoint(id);
  if (found) return found;
  throw incompatible('That checkpoint was deleted. Add its files again.');
}
