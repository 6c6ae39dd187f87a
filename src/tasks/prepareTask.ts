import { incompatible } from '../errors.ts';
import type { TaskData } from '../recipe/recipe.ts';
import { type DataKind, type FindData } from '../storage/dataSets.ts';
import { prepareAnswersTask } from './answersTask.ts';
import { prepareChoicesTask } from './choicesTask.ts';
import { prepareImageTask } from './imageTask.ts';
import { prepareNextTokenTask } from './languageTask.ts';
import type { PrepareTask } from './preparedTask.ts';
import { prepareTextTask } from './textTask.ts';

/** Prepares a task as its data are; what is to be told of the same file, used twice, is told once. */
export const prepareTask: PrepareTask = async (...of) => {
  const prepared = await prepare(...of);
  return { ...prepared, notes: [...new Set(prepared.notes)] };
};

const prepare: PrepareTask = async (model, data, find, shots) => {
  const kind = await dataKind(data, find);
  if (kind === 'head' || (data.head !== undefined && kind !== 'images'))
    throw incompatible(
      `“${data.train ?? data.test}” holds ${kind === 'head' ? 'a head' : 'text, and a head is for images'}. Choose images as data, or take the head out of the recipe.`,
    );
  if (data.kind === 'choices') return prepareChoicesTask(model, data, find, shots);
  if (data.kind === 'answers') return prepareAnswersTask(model, data, find, shots);
  if (data.kind === 'next_token' || kind === 'text')
    return prepareNextTokenTask(model, data, find, shots);
  if (kind === 'images') return prepareImageTask(model, data, find, shots);
  return prepareTextTask(model, data, find, shots);
};

async function dataKind({ train, test }: TaskData, find: FindData): Promise<DataKind> {
  const name = train ?? test;
  return name === undefined ? 'table' : (await find(name)).kind;
}
