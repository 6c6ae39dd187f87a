import { expect, it } from 'vitest';
import { framesOf } from './frames.ts';

const beginsOf = (processor: Parameters<typeof framesOf>[0]) => framesOf(processor).begins;

const byteLevel = { type: 'ByteLevel', add_prefix_space: true };
const template = {
  type: 'TemplateProcessing',
  single: [
    { SpecialToken: { id: '<s>', type_id: 0 } },
    { Sequence: { id: 'A', type_id: 0 } },
    { SpecialToken: { id: '</s>', type_id: 0 } },
  ],
  special_tokens: {
    '<s>': { id: '<s>', ids: [128000], tokens: ['<s>'] },
    '</s>': { id: '</s>', ids: [2], tokens: ['</s>'] },
  },
};

it('is what a template has before the text, alone or in a sequence', () => {
  expect(beginsOf(template)).toEqual([128000]);
  expect(beginsOf({ type: 'Sequence', processors: [byteLevel, template] })).toEqual([128000]);
});

it('is nothing where no template says so', () => {
  expect(beginsOf(null)).toEqual([]);
  expect(beginsOf(byteLevel)).toEqual([]);
  expect(beginsOf({ ...template, single: template.single.slice(1) })).toEqual([]);
  expect(beginsOf({ ...template, special_tokens: {} })).toEqual([]);
  expect(beginsOf({ type: 'TemplateProcessing', single: 'A' })).toEqual([]);
});

it('is what stands behind a text, and between and around two', () => {
  const [start, text, end] = template.single;
  const second = { Sequence: { id: 'B', type_id: 1 } };
  const pair = [start, text, end, start, second, end];
  const frames = framesOf({ ...template, pair });
  expect(frames).toEqual({
    ...{ begins: [128000], ends: [2] },
    pair: { begins: [128000], between: [2, 128000], ends: [2] },
  });
});
