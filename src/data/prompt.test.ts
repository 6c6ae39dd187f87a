import { beforeAll, describe, expect, it } from 'vitest';
import { goldenJson, goldenTokenizer } from '../test/dataGoldens.ts';
import { encodePrompt, labelWordIds, parseTemplate } from './prompt.ts';
import { openTokenizer } from './tokenizer.ts';
import type { Tokenizer } from './tokenizer.ts';

interface Pair {
  name: string;
  texts: [string] | [string, string];
  length: number;
  ids: number[];
  types: number[];
}

interface Filled {
  name: string;
  text: string;
  template: string;
  ids: number[];
}

const golden = goldenJson<{ pairs: Pair[]; decoders: Omit<Pair, 'types'>[]; templates: Filled[] }>(
  'prompts.json',
);
const tokenizers = new Map<string, Tokenizer>();
const get = (name: string) => tokenizers.get(name)!;
const pairsOf = (name: string) => (name === 'roberta' ? 'roberta' : 'bert');

beforeAll(async () => {
  for (const name of ['roberta', 'bert-lower', 'gpt2', 'clip']) {
    tokenizers.set(name, await openTokenizer(goldenTokenizer(name, ['tokenizer.json']), null));
  }
});

describe('without template', () => {
  it('one and two texts are joined and cut as transformers does', () => {
    const wrong = golden.pairs.flatMap(({ name, texts: [text, text_b], length, ids, types }) => {
      const row = text_b === undefined ? { text } : { text, text_b };
      const got = encodePrompt(get(name), null, row, length, pairsOf(name));
      const equal = got.ids.join() === ids.join() && got.types.join() === types.join();
      return equal && got.at === 0 ? [] : [{ name, text, text_b, length, got, ids, types }];
    });
    expect(golden.pairs.length).toBeGreaterThan(100);
    expect(wrong.slice(0, 2)).toEqual([]);
  });

  it('one and two texts are joined and cut for decoders as transformers does', async () => {
    const wrong = [];
    for (const { name, texts, length, ids } of golden.decoders) {
      const [text, text_b] = texts;
      const tokenizer = await openTokenizer(goldenTokenizer(name, ['tokenizer.json']), null);
      const row = text_b === undefined ? { text } : { text, text_b };
      const got = encodePrompt(tokenizer, null, row, length, 'decoder');
      if (got.ids.join() !== ids.join()) wrong.push({ name, texts, length, got, ids });
    }
    expect(golden.decoders.length).toBe(75);
    expect(wrong.slice(0, 2)).toEqual([]);
  });

  it('GPT-2 gets the ids alone', () => {
    const { ids } = encodePrompt(get('gpt2'), null, { text: 'It was' }, 16, 'roberta');
    expect(ids).toEqual(get('gpt2').encode('It was'));
  });

  it("CLIP gets its beginning and end, and reads the end's position", () => {
    const encoded = encodePrompt(get('clip'), null, { text: 'a photo '.repeat(30) }, 16, 'roberta');
    expect([encoded.ids[0], encoded.ids[15], encoded.ids.length]).toEqual([1070, 1071, 16]);
    expect(encoded).toMatchObject({ at: 15, truncated: true });
  });
});

describe('with template', () => {
  it('the ids are those of the filled template in transformers', () => {
    const wrong = golden.templates.flatMap(({ name, text, template, ids }) => {
      const written = parseTemplate(template);
      const got = encodePrompt(get(name), written, { text }, 512, pairsOf(name));
      const mask = get(name).special.mask;
      const right = got.ids.join() === ids.join() && ids[got.at] === mask;
      return right ? [] : [{ name, text, template, got, ids }];
    });
    expect(golden.templates.length).toBeGreaterThan(20);
    expect(wrong.slice(0, 3)).toEqual([]);
  });

  it('over-long text is cut around the template, which keeps its mask token', () => {
    const template = parseTemplate('{text} ?{mask} , {text_b}');
    const row = { text: 'one two three '.repeat(900), text_b: 'four' };
    const { ids, at, truncated } = encodePrompt(get('roberta'), template, row, 32, 'roberta');
    expect({ length: ids.length, id: ids[at], truncated }).toEqual({
      length: 32,
      id: 4,
      truncated: true,
    });
    const end = get('roberta').encode(' four');
    expect(ids.slice(-end.length - 1, -1)).toEqual(end);
  });

  it('a text that says <mask> stays text', () => {
    const template = parseTemplate('{text} It was{mask} .');
    const row = { text: '<mask> and <mask>' };
    const { ids, at } = encodePrompt(get('roberta'), template, row, 64, 'roberta');
    expect(ids.filter((id) => id === 4)).toHaveLength(1);
    expect(ids[at]).toBe(4);
  });

  it('empty text leaves the template alone', () => {
    const template = parseTemplate('{text} It was{mask} .');
    const { ids, at } = encodePrompt(get('bert-lower'), template, { text: '' }, 64, 'bert');
    expect(ids[at]).toBe(4);
  });

  it.each([
    ['{text} It was', /has 0 \{mask\} where one must be/],
    ['{text}{mask}{mask}', /has 2 \{mask\}/],
    ['It was{mask}', /has no \{text\}/],
    ['{text} {label}{mask}', /unknown field \{label\}/],
    ['{text{mask}', /brace without its other half/],
    ['{text} }{mask}', /brace without its other half/],
  ])('%j is refused', (template, message) => {
    expect(() => parseTemplate(template)).toThrow(message);
  });

  it('refuses a missing field, a template over length, a tokenizer without mask', () => {
    const template = parseTemplate('{text} and {text_b}: It was{mask} .');
    const row = { text: 'a', text_b: 'b' };
    const roberta = get('roberta');
    expect(() => encodePrompt(roberta, template, { text: 'a' }, 64, 'roberta')).toThrow(
      /\{text_b\}.*no such text/,
    );
    expect(() => encodePrompt(roberta, template, row, 6, 'roberta')).toThrow(/more than the 6/);
    expect(() => encodePrompt(get('gpt2'), template, row, 64, 'roberta')).toThrow(/no mask token/);
  });
});

describe('label words', () => {
  it('are one token each', () => {
    const roberta = get('roberta');
    expect(labelWordIds(roberta, [' the', ' a'])).toEqual([
      roberta.encode(' the')[0],
      roberta.encode(' a')[0],
    ]);
  });

  it.each([
    [' unbelievable', /" unbelievable" is \d+ tokens \(.*more common word/],
    ['', /"" is 0 tokens/],
  ])('%j is refused with its tokens', (word, message) => {
    expect(() => labelWordIds(get('roberta'), [word])).toThrow(message);
  });

  it('an unknown piece of BERT is no label word', () => {
    expect(() => labelWordIds(get('bert-lower'), ['\u16a0'])).toThrow(/1 tokens/);
  });
});
