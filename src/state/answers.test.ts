import { expect, it } from 'vitest';
import type { LabApi, LabModel } from '../api/lab.ts';
import type { EngineApi } from '../api/engine.ts';
import { Answers } from './answers.svelte.ts';
import { Lab } from './lab.svelte.ts';

const models: LabModel[] = [{ kind: 'base' }];
const settled = () => new Promise((resolve) => setTimeout(resolve));

/** Answers whose questions, as asked, are settled by the test. */
function fake() {
  const asked: { task: number; tell(shares: number[][]): void }[] = [];
  const lab: Partial<LabApi> = {
    answer: (_, task) => new Promise((tell) => asked.push({ task, tell })),
  };
  const engine: Partial<EngineApi> = { lab: lab as LabApi };
  return { answers: new Answers(new Lab(engine as EngineApi)), asked };
}

it('tells the task of an answer, also where another is chosen while that is asked', async () => {
  const { answers, asked } = fake();
  answers.ask(models, 0, { text: 'a' });
  answers.ask(models, 1, { text: 'a' });
  asked[0]!.tell([[0.2, 0.8]]);
  await settled();
  expect(answers.told).toEqual({ task: 0, shares: [[0.2, 0.8]] });
  expect(asked.map(({ task }) => task)).toEqual([0, 1]);
  asked[1]!.tell([[0.1, 0.3, 0.6]]);
  await settled();
  expect(answers.told).toEqual({ task: 1, shares: [[0.1, 0.3, 0.6]] });
});

it('tells nothing of what was asked before it was cleared', async () => {
  const { answers, asked } = fake();
  answers.ask(models, 0, { text: 'a' });
  answers.clear();
  asked[0]!.tell([[1]]);
  await settled();
  expect(answers.told).toBeNull();
  answers.ask(models, 0, { text: 'b' });
  asked[1]!.tell([[1]]);
  await settled();
  expect(answers.told).toEqual({ task: 0, shares: [[1]] });
});
