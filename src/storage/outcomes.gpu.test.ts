import { beforeEach, expect, test } from 'vitest';
import { deleteCheckpoint } from './checkpoints.ts';
import { getOutcome, mostOutcomes, putOutcome } from './outcomes.ts';
import { sweep } from './sweep.ts';
import { allKeys, emptyStore, ingested, openedOf, randomBytes } from '../test/store.ts';

beforeEach(emptyStore);

const outcome = (key: string, contents: string[] = [], madeAt = 1) => ({
  ...{ key, contents, madeAt },
  value: { mean: 0.5 },
});

test('an outcome comes back by its key', async () => {
  await putOutcome(outcome('a'));
  await putOutcome({ ...outcome('a'), value: { mean: 0.75 } });
  expect((await getOutcome<{ mean: number }>('a'))?.value).toEqual({ mean: 0.75 });
  expect(await getOutcome('b')).toBeUndefined();
});

test('the oldest go first', async () => {
  for (let i = 0; i < mostOutcomes; i++) await putOutcome(outcome(`${i}`, [], i === 7 ? 0 : 2 + i));
  await putOutcome(outcome('new', [], 1));
  expect(await getOutcome('7')).toBeUndefined();
  expect(await getOutcome('new')).toBeDefined();
  const kept = (await allKeys()).filter((key) => key.startsWith('outcome'));
  expect(kept).toHaveLength(mostOutcomes);
});

test('those of deleted checkpoints go with the next sweep', async () => {
  const { signal } = new AbortController();
  const add = async (name: string) =>
    (await ingested(openedOf(name, [new File([randomBytes(100)], name)]), { signal })).id;
  const [stays, goes] = [await add('stays'), await add('goes')];
  await putOutcome(outcome('kept', [stays]));
  await putOutcome(outcome('stray', [stays, goes]));
  await putOutcome(outcome('adapter', [`${stays}+${goes}`]));
  await deleteCheckpoint(goes);
  expect(await sweep()).toBe(2);
  expect(await getOutcome('kept')).toBeDefined();
  expect(await getOutcome('stray')).toBeUndefined();
  expect(await getOutcome('adapter')).toBeUndefined();
});
