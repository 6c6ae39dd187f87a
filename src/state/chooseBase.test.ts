import { expect, it } from 'vitest';
import { baseByName } from './chooseBase.ts';

const named = (...names: string[]) => names.map((name) => ({ key: `key of ${name}`, name }));

it('takes the checkpoint that is simply called base', () => {
  expect(baseByName(named('roberta-base-sst2', 'base', 'roberta-base-qnli'))).toBe('key of base');
});

it('takes the one name that ends in base, folders aside', () => {
  expect(baseByName(named('models/roberta-base', 'models/roberta-base-sst2'))).toBe(
    'key of models/roberta-base',
  );
});

it('does not choose between two names that say base equally, nor where none does', () => {
  expect(baseByName(named('roberta-base', 'bert-base'))).toBe(null);
  expect(baseByName(named('sentiment', 'database'))).toBe(null);
});
