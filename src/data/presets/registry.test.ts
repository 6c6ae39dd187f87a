import { describe, expect, it } from 'vitest';
import { guessColumns } from '../columns.ts';
import { parseTemplate } from '../prompt.ts';
import { gtsrbNames } from './gtsrbNames.ts';
import { imagenetIds, imagenetNames } from './imagenetNames.ts';
import { alikePreset, guessPreset, presetOf, presets } from './registry.ts';

it('has the twelve language and eight vision tasks, and ImageNet, once each', () => {
  const ids = presets.map(({ id }) => id);
  expect(new Set(ids).size).toBe(21);
  expect(presets.filter(({ kind }) => kind === 'language')).toHaveLength(12);
  expect(presetOf('nothing')).toBeNull();
});

it('scores MRPC alone by F1', () => {
  expect(presets.filter(({ metric }) => metric === 'f1').map(({ id }) => id)).toEqual(['mrpc']);
});

describe('language presets', () => {
  const language = presets.flatMap((preset) => (preset.kind === 'language' ? [preset] : []));

  it.each(language.map((preset) => [preset.id, preset] as const))(
    '%s: a template that parses, a word per label, columns that would be guessed',
    (_, { template, labels, labelWords, columns }) => {
      const { parts } = parseTemplate(template);
      const second = parts.some((part) => 'field' in part && part.field === 'text_b');
      expect(second).toBe(columns.text_b !== undefined);
      expect(labelWords).toHaveLength(labels.length);
      expect(labelWords.every((word) => /^ [A-Za-z]+$/.test(word))).toBe(true);
      const names = [columns.text, columns.text_b, columns.label].filter(
        (name) => name !== undefined,
      );
      expect(guessColumns(names)).toEqual(columns);
    },
  );
});

it.each([
  ['glue/SST-2/train.tsv', 'sst2'],
  ['sst2/few64.jsonl', 'sst2'],
  ['roberta-base-mr', 'mr'],
  ['data/mrpc/train.csv', 'mrpc'],
  ['qnli_train.jsonl', 'qnli'],
  ['MultiNLI/dev.jsonl', 'mnli'],
  ['snli.jsonl', 'snli'],
  ['recipe/train.csv', null],
  ['cross/train.csv', null],
  ['vit-b-32-euro_sat', 'eurosat'],
  ['stanford_cars/test', 'cars'],
  ['fashion_mnist.zip', null],
  ['mnist/train', 'mnist'],
  ['SUN397', 'sun397'],
  ['images/imagenet/validation', 'imagenet'],
  ['ILSVRC2012_img_val', 'imagenet'],
  ['scars', null],
])('%s speaks of %j', (path, id) => {
  expect(guessPreset(path)?.id ?? null).toBe(id);
});

it.each([
  [['sentence', 'label', 'idx'], ['negative', 'positive'], 'sst2'],
  [['question', 'sentence', 'label', 'idx'], ['entailment', 'not_entailment'], 'qnli'],
  [['question1', 'question2', 'label'], ['duplicate', 'not_duplicate'], 'qqp'],
  [['coarse_label', 'fine_label', 'text'], ['DESC', 'HUM', 'NUM'], 'trec'],
  [['sentence', 'label'], ['unacceptable', 'acceptable'], null],
  [['sentence', 'label'], ['0', '1'], null],
  [['text'], ['negative', 'positive'], null],
])('the columns %j with the classes %j are those of %j', (columns, labels, id) => {
  expect(alikePreset(columns, labels)?.id ?? null).toBe(id);
});

it('TREC counts its classes as LM-BFF does', () => {
  const trec = presetOf('trec');
  expect(
    trec?.kind === 'language' &&
      trec.numbered?.map((label) => trec.labelWords[trec.labels.indexOf(label)]),
  ).toEqual([' Description', ' Entity', ' Expression', ' Human', ' Location', ' Number']);
});

describe('vision presets', () => {
  const className = (id: string, label: string, at = 0, classes = 2) => {
    const preset = presetOf(id);
    return preset?.kind === 'vision' ? preset.className(label, at, classes) : null;
  };

  // Numbers of templates in CLIP's prompts.md, as Ilharco et al. take them.
  it.each([
    ['sun397', 2],
    ['cars', 8],
    ['resisc45', 18],
    ['eurosat', 3],
    ['svhn', 1],
    ['gtsrb', 3],
    ['mnist', 1],
    ['dtd', 8],
    ['imagenet', 7],
  ])('%s has %i templates with one place each', (id, count) => {
    const preset = presetOf(id);
    const templates = preset?.kind === 'vision' ? preset.templates : [];
    expect(new Set(templates).size).toBe(count);
    expect(templates.every((template) => template.split('{}').length === 2)).toBe(true);
  });

  it.each([
    ['eurosat', 'HerbaceousVegetation', 'brushland or shrubland'],
    ['eurosat', 'SeaLake', 'lake or sea'],
    ['gtsrb', '00014', 'stop'],
    ['gtsrb', '42', 'white circle with gray strike bar indicating no passing for trucks has ended'],
    ['mnist', '7', '7'],
    ['resisc45', 'baseball_diamond', 'baseball diamond'],
    ['sun397', 'b/bazaar/indoor', 'bazaar indoor'],
    ['sun397', 'a/airplane_cabin', 'airplane cabin'],
    ['dtd', 'polka-dotted', 'polka-dotted'],
    ['cars', 'Acura RL Sedan 2012', 'Acura RL Sedan 2012'],
  ])('%s calls %s "%s"', (id, label, name) => {
    expect(className(id, label)).toBe(name);
  });

  // Folders of ILSVRC 2012 by their synsets: n01440764 is the tench, n02012849 the bird, n03126707 the machine.
  it.each([
    ['n01440764', 0, 10, 'tench'],
    ['n02012849', 0, 10, 'crane bird'],
    ['n03126707', 1, 10, 'construction crane'],
    ['n15075141', 2, 3, 'toilet paper'],
    ['999', 0, 10, 'toilet paper'],
    ['tench, Tinca tinca', 0, 1000, 'tench'],
    ['crane', 517, 1000, 'construction crane'],
    ['goldfish, Carassius auratus', 5, 10, 'goldfish'],
    ['n00000000', 0, 10, 'n00000000'],
  ])('ImageNet calls class "%s", number %i of %i, "%s"', (label, at, classes, name) => {
    expect(className('imagenet', label, at, classes)).toBe(name);
  });

  it('ImageNet has a name for each of a thousand synsets, in their order', () => {
    expect([imagenetNames.length, imagenetIds.length]).toEqual([1000, 1000]);
    expect(imagenetIds.every((id) => /^\d{8}$/.test(id))).toBe(true);
    expect(imagenetIds.toSorted()).toEqual(imagenetIds);
    expect(imagenetNames.every((name) => name !== '' && name === name.trim())).toBe(true);
  });

  it('GTSRB has 43 different names', () => {
    expect(new Set(gtsrbNames).size).toBe(43);
  });
});
