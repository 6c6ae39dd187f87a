import { expect, it } from 'vitest';
import { Newest } from './newest.ts';

/** What is told of questions that are answered, or fail, in the order given. */
async function told(settle: (answers: (() => void)[], newest: Newest) => void): Promise<string[]> {
  const newest = new Newest();
  const log: string[] = [];
  const answers: (() => void)[] = [];
  const asked = ['first', 'second'].map((name, i) =>
    newest.ask(
      () =>
        new Promise<string>((resolve, reject) => {
          answers[i] = () => resolve(name);
          answers[i + 2] = () => reject(new Error(name));
        }),
      (answer) => log.push(answer),
      ({ message }) => log.push(message),
    ),
  );
  settle(answers, newest);
  await Promise.all(asked);
  return log;
}

it('hands over the newest answer alone, in whatever order they arrive', async () => {
  expect(await told((answers) => [0, 1].forEach((i) => answers[i]!()))).toEqual(['second']);
  expect(await told((answers) => [1, 0].forEach((i) => answers[i]!()))).toEqual(['second']);
});

it('hands over the newest error alone', async () => {
  const [message, ...more] = await told((answers) => [3, 2].forEach((i) => answers[i]!()));
  expect([message, more]).toEqual([expect.stringContaining('second'), []]);
});

it('hands over nothing once it is dropped', async () => {
  const log = await told((answers, newest) => {
    newest.drop();
    [2, 1].forEach((i) => answers[i]!());
  });
  expect(log).toEqual([]);
});
