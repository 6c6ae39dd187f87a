import { incompatible } from '../errors.ts';
import type { TaskData } from '../recipe/recipe.ts';
import { requireData, type DataKind } from '../storage/dataSets.ts';
import { prepareImageTask } from './imageTask.ts';
import { prepareChoicesTask, prepareNextTokenTask } from './languageTask.ts';
import type { PreparedTask, Shots } from './preparedTask.ts';
import type { TaskModel } from './taskModel.ts';
import { prepareTextTask } from './textTask.ts';

/** Reads and encodes the examples of a model's task; throws BadFile, Incompatible, Unsupported. */
export async function prepareTask(
  model: TaskModel,
  data: TaskData,
  shots: Shots,
): Promise<PreparedTask> {
  const kind = await dataKind(data);
  if (kind === 'head' || (data.head !== undefined && kind !== 'images'))
    throw incompatible(
      `“${data.train ?? data.test}” holds ${kind === 'head' ? 'a head' : 'text, and a head is for images'}. Choose images as data, or take the head out of the recipe.`,
    );
  if (data.kind === 'choices') return prepareChoicesTask(model, data, shots);
  if (data.kind === 'next_token' || kind === 'text')
    return prepareNextTokenTask(model, data, shots);
  if (kind === 'images') return prepareImageTask(model, data, shots);
  return prepareTextTask(model, data, shots);
}

async function dataKind({ train, test }: TaskData): Promise<DataKind> {
  const name = train ?? test;
  return name === undefined ? 'table' : (await requireData(name)).kind;
}
