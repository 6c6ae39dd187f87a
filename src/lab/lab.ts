import { transfer } from 'comlink';
import { incompatible, throwIfCancelled } from '../errors.ts';
import { cancelJob, withJob } from '../jobs/jobs.ts';
import { createStepMeter } from '../jobs/progress.ts';
import { changedBits, inspectOverlap, inspectOwners, inspectVector } from './inspect.ts';
import { openLab, type OpenLab } from './openLab.ts';
import { scoreModel } from './scoreModel.ts';
import { probabilities } from './scoring.ts';
import { findRankings } from './findRankings.ts';
import type { LabApi, LabModel, LabQuestion } from '../api/lab.ts';
import { checkModel } from './writeModel.ts';

/** What is open, and what ends with it. */
interface Session {
  lab: OpenLab;
  ended: AbortController;
  /** Scores at work by slot. */
  slots: Map<string, AbortController>;
}

let session: Session | null = null;
let opening: AbortController | null = null;

/** A question waits for no score. */
const urgent = -1;

/** Models in memory, one set at a time. */
export const lab: LabApi = {
  open: (job, input, onProgress) =>
    withJob(job, async (cancelled) => {
      opening?.abort();
      opening = new AbortController();
      const signal = AbortSignal.any([cancelled, opening.signal]);
      await lab.close();
      const step = createStepMeter(onProgress);
      const opened = await openLab(input, signal, (done, total, detail) =>
        step('Loading', done, total, detail),
      );
      await lab.close();
      if (signal.aborted) opened.free();
      throwIfCancelled(signal);
      session = { lab: opened, ended: new AbortController(), slots: new Map() };
      return opened.info;
    }),
  async close() {
    const closing = session;
    if (!closing) return;
    session = null;
    closing.ended.abort();
    closing.slots.forEach((slot) => slot.abort());
    await closing.lab.kept.save();
    await closing.lab.turns.take(-Infinity, async () => closing.lab.free());
  },
  async score(slot, model, tasks, onScores) {
    const { lab, slots } = current();
    checkModel(model, lab.models);
    requireTasks(lab, tasks);
    slots.get(slot)?.abort();
    const controller = new AbortController();
    slots.set(slot, controller);
    try {
      return await scoreModel(lab, model, tasks, controller.signal, onScores);
    } finally {
      if (slots.get(slot) === controller) slots.delete(slot);
    }
  },
  async stop(slot) {
    session?.slots.get(slot)?.abort();
  },
  changed: (model) =>
    inTurn(async (lab) => {
      checkModel(model, lab.models);
      return (await changedBits(lab, model)).changed;
    }),
  find: (job, localizer, tasks, options, onLive) =>
    withJob(job, async (_, control) => {
      const { lab, ended } = current();
      const end = () => cancelJob(job);
      ended.signal.addEventListener('abort', end);
      try {
        return await findRankings(lab, localizer, tasks, options, control, onLive);
      } finally {
        ended.signal.removeEventListener('abort', end);
      }
    }),
  found: async () => current().lab.kept.found(),
  vector: (task) => inTurn((lab) => inspectVector(lab, task)),
  overlap: (masks) => inTurn((lab) => inspectOverlap(lab, masks)),
  async owners(tensor, masks) {
    const found = await inTurn((lab) => inspectOwners(lab, tensor, masks));
    return transfer(found, [found.bits.buffer]);
  },
  answer: (models, task, question) =>
    inTurn(async (lab) => {
      requireTasks(lab, [task]);
      models.forEach((model) => checkModel(model, lab.models));
      return answer(lab, models, task, question);
    }),
  async pictures(task, count) {
    const { lab } = current();
    requireTasks(lab, [task]);
    const { prepared, order, test } = lab.tasks[task]!;
    const { pictures } = prepared;
    if (!pictures) return [];
    const found = await Promise.all(
      order.slice(0, count).map(async (i) => {
        const image = await pictures[i]!.open();
        const source =
          image instanceof Blob ? image : new ImageData(image.data.slice(), image.width);
        return { label: test.labels[i]!, picture: await createImageBitmap(source) };
      }),
    );
    return transfer(
      found,
      found.map(({ picture }) => picture),
    );
  },
  async texts(task, count) {
    const { lab } = current();
    requireTasks(lab, [task]);
    const { prepared, order, test } = lab.tasks[task]!;
    const { texts } = prepared;
    if (!texts) return [];
    return order.slice(0, count).map((i) => ({ label: test.labels[i]!, ...texts[i]! }));
  },
};

function current(): Session {
  if (session) return session;
  throw incompatible(
    'No models are held in memory. Open the demo, or a recipe whose models have data.',
  );
}

function inTurn<T>(work: (lab: OpenLab) => Promise<T>): Promise<T> {
  const { lab, ended } = current();
  return lab.turns.take(urgent, () => {
    throwIfCancelled(ended.signal);
    return work(lab);
  });
}

function requireTasks({ tasks }: OpenLab, numbers: readonly number[]): void {
  const odd = numbers.find((task) => !tasks[task]);
  if (odd !== undefined)
    throw incompatible(`Task ${odd + 1} was asked for, and there are ${tasks.length}.`);
}

async function answer(
  { tasks, tensors, shelf }: OpenLab,
  models: readonly LabModel[],
  number: number,
  question: LabQuestion,
): Promise<number[][]> {
  const task = tasks[number]!;
  const asked = question instanceof ImageBitmap ? await asFile(question) : question;
  const example = task.prepared.ask?.(asked);
  if (!example)
    throw incompatible(
      `“${task.name}” reads ${task.side === null ? 'texts' : 'pictures'}. Ask with one.`,
    );
  const answers: number[][] = [];
  for (const model of models)
    answers.push(await probabilities(tensors, task, example, await shelf.source(model, number)));
  return answers;
}

async function asFile(bitmap: ImageBitmap): Promise<Blob> {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas.convertToBlob({ type: 'image/png' });
}
