import { describe, expect, it } from 'vitest';
import type { TaskPreset } from '../api/tasks.ts';
import {
  applyPreset,
  dataLine,
  headKind,
  missing,
  proposeHead,
  setHead,
  setSkipping,
  setWord,
  spacedWord,
} from './taskDataEdit.ts';

const files = { train: 'a.csv' };
const localize = { preset: 'scaled', budget: 'exact', shots: 64, seed: 0 } as const;
const preset: TaskPreset = {
  id: 'sst2',
  label: 'SST-2',
  input: 'text',
  metric: 'accuracy',
  data: {
    columns: { text: 'sentence', label: 'label' },
    template: '{text} It was{mask} .',
    labels: ['negative', 'positive'],
    label_words: [' terrible', ' great'],
  },
};

describe('how a model answers', () => {
  it('is told by its data and back', () => {
    for (const head of ['prompt', 'own', 'zeroShot', 'nextToken', 'choices', 'answers'] as const)
      expect(headKind(setHead(files, head))).toBe(head);
  });

  it('leaves nothing of the head before it', () => {
    const prompt = setHead({ ...files, template: '{text}{mask}', label_words: ['a', 'b'] }, 'own');
    expect(prompt).toEqual(files);
    expect(setHead({ ...files, columns: { text_b: 'b' } }, 'prompt').template).toContain(
      '{text_b}',
    );
  });

  it('keeps how questions are asked only while they are', () => {
    const asked = {
      ...files,
      kind: 'choices',
      template: 'Q: {text}',
      normalize: 'bytes',
      demonstrations: { from: 'b.csv', count: 2 },
    } as const;
    expect(setHead(asked, 'choices')).toEqual(asked);
    expect(setHead(asked, 'answers')).toEqual({ ...files, kind: 'answers' });
    expect(setHead(asked, 'own')).toEqual(files);
    expect(setHead(asked, 'prompt').template).toContain('{mask}');
  });

  it('keeps the columns that belong to both', () => {
    const labelled = { ...files, columns: { text: 'a', label: 'b' } };
    expect(setHead(labelled, 'answers').columns).toEqual({ text: 'a' });
    expect(setHead({ ...files, columns: { label: 'b' } }, 'choices').columns).toBeUndefined();
    const answers = { ...setHead(labelled, 'answers'), columns: { text: 'a', answer: 'c' } };
    expect(setHead(answers, 'own').columns).toEqual({ text: 'a' });
  });

  it('keeps a head from a file until another is chosen', () => {
    const data = { ...files, head: 'h.safetensors' };
    expect(headKind(data)).toBe('file');
    expect(setHead(data, 'file')).toEqual(data);
    expect(setHead(data, 'own')).toEqual(files);
    expect(missing(data, [])).toBeNull();
  });

  it('begins with what the checkpoint has', () => {
    expect(proposeHead('table', 'roberta', ['lm_head.bias'])).toBe('prompt');
    expect(proposeHead('table', 'roberta', ['classifier.dense.weight'])).toBe('own');
    expect(proposeHead('images', 'clip', [])).toBe('zeroShot');
    expect(proposeHead('images', 'vit', ['classifier.weight'])).toBe('own');
    expect(proposeHead('text', 'gpt2', [])).toBe('nextToken');
    expect(proposeHead('table', 'gpt2', [])).toBe('answers');
  });
});

it('refuses images that cannot be read only where images are read', () => {
  const strict = setSkipping(files, false);
  expect(strict).toEqual({ ...files, on_corrupt: 'refuse' });
  expect(setSkipping(strict, true)).toEqual(files);
  expect(setHead(strict, 'zeroShot').on_corrupt).toBe('refuse');
  expect(setHead(strict, 'prompt').on_corrupt).toBeUndefined();
  const cars: TaskPreset = {
    ...{ id: 'cars', label: 'Cars', input: 'images', metric: 'accuracy' },
    data: { prompts: ['a photo of a {label}.'] },
  };
  const preview = { columns: [], labels: [] };
  expect(applyPreset(strict, cars, preview).on_corrupt).toBe('refuse');
  expect(applyPreset(strict, preset, preview).on_corrupt).toBeUndefined();
});

describe('a task of the paper', () => {
  it('brings template, label words, and its columns where the data have them', () => {
    const preview = { columns: ['sentence', 'label'], labels: ['negative', 'positive'] };
    expect(applyPreset(files, preset, preview)).toEqual({ ...files, ...preset.data });
  });

  it('leaves columns and classes that it does not know as they are', () => {
    const data = { ...files, columns: { text: 'review', label: 'mood' } };
    const preview = { columns: ['review', 'mood'], labels: ['bad', 'good'] };
    expect(applyPreset(data, preset, preview)).toEqual({
      ...data,
      template: preset.data.template,
      label_words: preset.data.label_words,
    });
    expect(applyPreset(data, preset, { ...preview, labels: ['0', '1'] }).labels).toEqual([
      'negative',
      'positive',
    ]);
  });
});

it('reads numbers in the order of the files that have them', () => {
  const trec: TaskPreset = {
    ...preset,
    data: {
      columns: { text: 'text', label: 'coarse_label' },
      template: '{mask} : {text}',
      labels: ['ABBR', 'DESC'],
      label_words: [' Expression', ' Description'],
    },
    numbered: { labels: ['DESC', 'ABBR'], label_words: [' Description', ' Expression'] },
  };
  const own = { ...files, columns: { text: 'text', label: 'label' } };
  const preview = { columns: ['label', 'text'], labels: ['0', '1'] };
  expect(applyPreset(own, trec, preview)).toEqual({
    ...own,
    template: '{mask} : {text}',
    ...trec.numbered,
  });
  const named = { columns: ['coarse_label', 'text'], labels: ['0', '1'] };
  expect(applyPreset(files, trec, named)).toEqual({ ...files, ...trec.data });
  expect(applyPreset(own, trec, { ...preview, labels: ['DESC', 'ABBR'] }).labels).toEqual([
    'ABBR',
    'DESC',
  ]);
});

describe('label words', () => {
  it('get the space that stands before them in running text', () => {
    expect(spacedWord('{text} It was{mask} .', 'great')).toBe(' great');
    expect(spacedWord('{text} It was{mask} .', ' great')).toBe(' great');
    expect(spacedWord('{text} It was {mask}.', 'great')).toBe('great');
    expect(spacedWord('{mask} : {text}', 'Human')).toBe('Human');
    expect(spacedWord('{text} It was{mask} .', '')).toBe('');
  });

  it('are asked for until every class has one', () => {
    const labels = ['no', 'yes'];
    const data = setWord(setHead(files, 'prompt'), 2, 0, ' bad');
    expect(data.label_words).toEqual([' bad', '']);
    expect(missing(data, labels)).toBe('Give the class “yes” a label word.');
    expect(missing(setWord(data, 2, 1, ' good'), labels)).toBeNull();
    expect(missing({ ...data, template: '{text}' }, labels)).toMatch(/\{mask\}/);
    expect(missing(setHead({}, 'own'), [])).toMatch(/training or test/);
    expect(missing({ ...files, prompts: ['a photo'] }, [])).toMatch(/\{label\}/);
  });
});

it('asks for the fields that a prompt needs', () => {
  const answers = setHead(files, 'answers');
  expect(missing(answers, [])).toBeNull();
  expect(missing({ ...answers, template: 'alpaca' }, [])).toBeNull();
  expect(missing({ ...answers, template: 'Q: ' }, [])).toBe('The template needs {text}.');
  const letters = { ...setHead(files, 'choices'), scoring: 'letter' } as const;
  expect(missing(letters, [])).toBeNull();
  expect(missing({ ...letters, template: '{text}' }, [])).toMatch(/needs \{choices\}/);
});

it('says what a model learns from in one line', () => {
  expect(dataLine(setHead(files, 'prompt'), localize, 2)).toBe('64 per class · prompt · 2 classes');
  const words = { ...setHead(files, 'prompt'), label_words: [' a', ' b', ' c'] };
  expect(dataLine(words, localize, 0)).toBe('64 per class · prompt · 3 classes');
  expect(dataLine(files, { ...localize, shots: 'all' }, null)).toBe(
    'all examples · own classification head',
  );
  expect(dataLine({ test: 'x.txt', kind: 'next_token' }, localize, null)).toBe(
    'test data only · next tokens',
  );
  expect(dataLine(setHead(files, 'answers'), localize, null)).toBe(
    '64 examples · prompts and answers',
  );
});
