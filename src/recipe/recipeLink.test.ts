import { expect, test } from 'vitest';
import { decodeRecipeLink, encodeRecipeLink } from './recipeLink.ts';

test('a text survives the way through a link, of letters that need no escaping', async () => {
  const text = 'merge_method: ties\nbase_model: "模型 😀"\n'.repeat(50);
  const hash = await encodeRecipeLink(text);
  expect(hash).toMatch(/^#recipe=[A-Za-z0-9_-]+$/);
  expect(hash.length).toBeLessThan(text.length / 5);
  expect(await decodeRecipeLink(hash)).toBe(text);
});

test('reads what another deflate wrote (zlib of Python 3.11, level 9)', async () => {
  expect(await decodeRecipeLink('#recipe=y00tSk-Nz00tychPsVLIycxLTSwCAA')).toBe(
    'merge_method: linear',
  );
});

test('a hash about something else holds no recipe', async () => {
  expect(await decodeRecipeLink('')).toBeNull();
  expect(await decodeRecipeLink('#learn/4')).toBeNull();
});

/** The bytes ff fe, deflated. */
const notUtf8 = '-_8PAA';

test.each([
  ['cut off', async () => (await encodeRecipeLink('a recipe that is long enough')).slice(0, -4)],
  ['empty', async () => '#recipe='],
  ['with foreign letters', async () => '#recipe=a.b%20c'],
  ['of bytes that are no text', async () => `#recipe=${notUtf8}`],
])('refuses a link that is %s', async (_, hash) => {
  await expect(decodeRecipeLink(await hash())).rejects.toMatchObject({
    kind: 'BadFile',
    message: expect.stringContaining('damaged or cut off'),
  });
});

test('stops unpacking at what a recipe may have', async () => {
  const bomb = await encodeRecipeLink('a'.repeat(50_000_000));
  expect(bomb.length).toBeLessThan(100_000);
  await expect(decodeRecipeLink(bomb)).rejects.toMatchObject({
    kind: 'BadFile',
    message: 'The recipe in this link is over 262144 bytes, the limit.',
  });
});
