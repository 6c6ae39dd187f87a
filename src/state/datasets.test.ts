import { expect, it } from 'vitest';
import type { EngineApi } from '../api/engine.ts';
import { AppError, badFile } from '../errors.ts';
import { Datasets } from './datasets.svelte.ts';
import { Notices } from './notices.svelte.ts';

/** A library that has room for nothing named full, and reads nothing named bad. */
function datasets() {
  const tried: string[] = [];
  const fake: Partial<EngineApi> = {
    data: async () => [],
    async addData(name) {
      tried.push(name);
      if (name.startsWith('full')) throw new AppError('QuotaFull', `No room for ${name}.`);
      if (name.startsWith('bad')) throw badFile(`${name} cannot be read.`);
      return { added: [{ id: name, name, kind: 'table', bytes: 1, files: 1 }], notes: [] };
    },
  };
  const notices = new Notices();
  return { datasets: new Datasets(fake as EngineApi, notices), notices, tried };
}

const groups = (...names: string[]) => names.map((name) => ({ name, files: [] }));

it('tells once that there is no room, and tries no more', async () => {
  const { datasets: stored, notices, tried } = datasets();
  expect(await stored.add(groups('a', 'bad', 'full', 'full-2', 'b'))).toEqual(['a']);
  expect(tried).toEqual(['a', 'bad', 'full']);
  expect(notices.list.map(({ text }) => text)).toEqual([
    'bad cannot be read.',
    'No room for full.',
  ]);
  expect(stored.storing).toEqual([]);
});

it('tells it where it is asked to, and nowhere else', async () => {
  const { datasets: stored, notices } = datasets();
  const told: string[] = [];
  await stored.add(groups('full', 'full-2'), ({ message }) => told.push(message));
  expect(told).toEqual(['No room for full.']);
  expect(notices.list).toEqual([]);
});
