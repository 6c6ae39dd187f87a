import { expect, it } from 'vitest';
import { idlePatterns, matchesPattern } from './scopePatterns.ts';

it.each([
  ['encoder.layer.1', 'encoder.layer.1.output.weight', true],
  ['encoder.layer.1.', 'encoder.layer.1.output.weight', true],
  ['encoder.layer.1', 'encoder.layer.10.output.weight', false],
  ['encoder.layer.1', 'encoder.layer.1', true],
  ['layer', 'encoder.layer.1', false],
  ['2_Dense', '2_Dense/linear.weight', true],
  ['2_Dense/', '2_Dense/linear.weight', true],
  ['2_Dense', '2_Dense_2/linear.weight', false],
  ['', 'a', false],
  ['*', 'anything.at.all', true],
  ['*.bias', 'a.b.bias', true],
  ['*.bias', 'a.b.biases', false],
  ['encoder.*.weight', 'encoder.layer.0.weight', true],
  ['encoder.*.weight', 'my.encoder.layer.0.weight', false],
  ['layer.?.w', 'layer.3.w', true],
  ['layer.?.w', 'layer.13.w', false],
  ['*a*b', 'xaxxbxb', true],
  ['*a*b', 'xbxa', false],
  ['a.b', 'axb', false],
  ['*[0]*', 'w[0]x', true],
])('the pattern %j and %j: %j', (pattern, name, matches) => {
  expect(matchesPattern(pattern, name)).toBe(matches);
});

it('answers at once for a pattern made to take long', () => {
  expect(matchesPattern(`${'*a'.repeat(500)}b`, 'a'.repeat(2000))).toBe(false);
});

it('finds the patterns that name nothing', () => {
  const scope = { include: ['a.*', 'c'], exclude: ['*.bias', 'd?'] };
  expect(idlePatterns(scope, ['a.weight', 'a.bias'])).toEqual(['c', 'd?']);
  expect(idlePatterns('blocks', [])).toEqual([]);
});
