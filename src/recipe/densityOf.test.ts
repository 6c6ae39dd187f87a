import { expect, test } from 'vitest';
import { asSharesOfScope } from './densityOf.ts';

const models = [{ model: 'mood' }];

test('a density of the model keeps just so many of the scope, whatever the sizes', () => {
  let wrong = 0;
  for (let scope = 1; scope < 400; scope++)
    for (let kept = 0; kept <= scope; kept++) {
      const parameters = [{ density: kept / 1000 + 0.0005 }];
      const counts = { total: 1000, scope };
      const [own] = asSharesOfScope(parameters, { density_of: 'model', models }, counts);
      if (Math.floor((own?.density ?? 0) * scope) !== kept) wrong++;
    }
  expect(wrong).toBe(0);
});

test('a density of the scope stays as it is, and so does what has none', () => {
  const counts = { total: 1000, scope: 10 };
  const parameters = [{ density: 0.5, weight: 2 }];
  expect(asSharesOfScope(parameters, { models }, counts)).toEqual(parameters);
  expect(asSharesOfScope(parameters, { density_of: 'scope', models }, counts)).toEqual(parameters);
  expect(asSharesOfScope([{ weight: 2 }], { density_of: 'model', models }, counts)).toEqual([
    { weight: 2 },
  ]);
});

test('more than the scope holds is refused with both counts', () => {
  const counts = { total: 124_697_433, scope: 85_054_464 };
  const shares = (density: number) =>
    asSharesOfScope([{ density }], { density_of: 'model', models }, counts);
  expect(() => shares(0.7)).toThrow(
    'The density of “mood” is 87,288,203 of all 124,697,433 parameters, and the scope holds 85,054,464. Lower the density, widen the scope, or count it over the scope (density_of).',
  );
  expect(shares(0.01)).toEqual([{ density: 1_246_974 / 85_054_464 }]);
});
