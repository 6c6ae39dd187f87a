import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { TaskData } from '../recipe/recipe.ts';
import type { StoredData } from '../storage/dataSets.ts';
import { picoModel } from '../test/promptedGoldens.ts';
import { CountingBlob, stretched } from '../test/tableGoldens.ts';
import { prepareTask } from './prepareTask.ts';

/** 400 questions in parts of 20, each with one right choice: they count from 1, which no part tells. */
async function asked(data: TaskData, shots: number | 'all', seed = 1) {
  const path = 'questions.parquet';
  const blob = new CountingBlob([await stretched(path)]);
  const files = [{ path, start: 0, end: blob.size }];
  const stored: StoredData = { name: path, id: '', kind: 'table', files, blob, addedAt: 0 };
  const weights = await readFile(new URL('./goldens/gpt2.safetensors', import.meta.url));
  const model = await picoModel(new Uint8Array(weights));
  const task = await prepareTask(model, data, async () => stored, { shots, seed });
  return { ...task.about, train: task.train, share: blob.read / blob.size };
}

const example = /What is (\d+)\?→ (\d+)$/;

it('reads of many questions as few as the shots need, and knows from where answers count', async () => {
  const data: TaskData = { train: 'questions.parquet', kind: 'choices' };
  for (const seed of [1, 2, 3]) {
    const few = await asked(data, 3, seed);
    expect(few.train?.size).toBe(3);
    expect(few.trainExamples).toBe(400);
    expect(few.share).toBeLessThan(0.001);
    const [, question, answer] = (example.exec(few.example) ?? []).map(Number);
    expect(answer).toBe(question! + Math.floor(question! / 100));
  }
  const all = await asked(data, 'all');
  expect(all).toMatchObject({ example: 'What is 0?→ 0', trainExamples: 400 });
});

it('reads few prompts and few solved questions too', async () => {
  const columns = { text: 'question', answer: 'response' };
  const spoken = await asked({ train: 'questions.parquet', kind: 'answers', columns }, 5);
  expect(spoken).toMatchObject({ train: { size: 5 }, trainExamples: 400 });
  expect(spoken.example).toMatch(/^What is (\d+)\?→ It is \1\.$/);
  expect(spoken.share).toBeLessThan(0.001);
  const demonstrations = { from: 'questions.parquet', count: 2 };
  const data: TaskData = { train: 'questions.parquet', kind: 'choices', demonstrations };
  const shown = await asked(data, 3);
  expect(shown.share).toBeLessThan(0.001);
  const solved = shown.example.split('\n\n').map((text) => text.replace('→', ''));
  expect(solved).toHaveLength(3);
  for (const text of solved) {
    const [, question, answer] = (/^What is (\d+)\? (\d+)$/.exec(text) ?? []).map(Number);
    expect(answer).toBe(question! + Math.floor(question! / 100));
  }
});
