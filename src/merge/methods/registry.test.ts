import { expect, test } from 'vitest';
import type { Method } from '../method.ts';
import { methodFor, methods } from './registry.ts';

const forms = Object.entries<Method>(methods).flatMap(([id, method]) => [
  { form: id, ...method },
  ...(method.mergekit ? [{ form: `mergekit’s ${id}`, ...method.mergekit }] : []),
]);

test.each(forms)('$form does what its parameters say', ({ parameters, passes, ...method }) => {
  const has = (name: string) => parameters.some((each) => each.name === name);
  expect(passes.some((pass) => pass === 'scale(λ)')).toBe(has('lambda'));
  expect(Boolean(method.scales)).toBe(has('lambda'));
  expect(Boolean(method.draws)).toBe(has('seed'));
  expect(method.mask === 'density' || method.mask === 'balance' || Boolean(method.draws)).toBe(
    has('density'),
  );
});

test('TIES trims, elects, averages and scales, under mergekit’s rules in each tensor', () => {
  const recipe = { merge_method: 'ties', base_model: 'base', models: [{ model: 'a' }] };
  expect(methodFor(recipe)?.passes).toEqual([
    ...['task vectors', 'trim(density)', 'elect', 'mean', 'scale(λ)'],
  ]);
  expect(methodFor({ ...recipe, compat: 'mergekit' })?.passes).toEqual([
    ...['task vectors', 'trim each(density)', 'rescale', 'elect', 'mean(normalize)', 'scale(λ)'],
  ]);
});

test('mergekit’s NuSLERP goes between weights where it is given no base', () => {
  const recipe = { merge_method: 'nuslerp', base_model: 'a', compat: 'mergekit' as const };
  const [from] = methodFor({ ...recipe, models: [{ model: 'b' }, { model: 'c' }] })?.passes ?? [];
  const [alone] = methodFor({ ...recipe, models: [{ model: 'a' }, { model: 'b' }] })?.passes ?? [];
  expect([from, alone]).toEqual(['task vectors', 'weights']);
});
