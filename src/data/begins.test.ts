import { expect, it } from 'vitest';
import { beginsOf } from './begins.ts';

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
