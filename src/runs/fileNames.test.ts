import { expect, it } from 'vitest';
import { fileNames } from './fileNames.ts';

it.each([
  [
    ['mood a', 'mood-a', 'mood/a', 'mood-a-2'],
    ['mood-a', 'mood-a-2', 'mood-a-3', 'mood-a-2-2'],
  ],
  [
    ['Mood', 'mood', 'caf\u00e9', 'cafe\u0301'],
    ['Mood', 'mood-2', 'caf\u00e9', 'caf\u00e9-2'],
  ],
  [
    ['..', '.hidden', 'v1.', '/', ''],
    ['task', 'hidden', 'v1', '-', 'task-2'],
  ],
  [
    ['con', 'NUL.v2', 'com1', 'console', 'Lpt9'],
    ['_con', '_NUL.v2', '_com1', 'console', '_Lpt9'],
  ],
  [
    ['x'.repeat(300), 'x'.repeat(301)],
    ['x'.repeat(56), `${'x'.repeat(56)}-2`],
  ],
])('%j are saved as %j', (tasks, names) => {
  expect(fileNames(tasks)).toEqual(names);
});
