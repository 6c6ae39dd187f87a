import { describe, expect, it } from 'vitest';
import { goldenJson, goldenTokenizer } from '../test/dataGoldens.ts';
import { checkVocabulary, openTokenizer } from './tokenizer.ts';

const strings = goldenJson<string[]>('strings.json');
const ids = goldenJson<Record<string, number[][]>>('ids.json');

const fromText = (files: Record<string, string>, architecture: string | null = null) =>
  openTokenizer(
    new Map(Object.entries(files).map(([name, text]) => [name, new Blob([text])])),
    architecture,
  );

const pair = ['vocab.json', 'merges.txt'];
describe.each([
  ['roberta', ['tokenizer.json']],
  ['roberta', pair],
  ['gpt2', ['tokenizer.json']],
  ['gpt2', pair],
  ['prefix', ['tokenizer.json']],
  ['prefix', [...pair, 'tokenizer_config.json']],
  ['clip', ['tokenizer.json']],
  ['clip', pair],
  ['bert-lower', ['tokenizer.json']],
  ['bert-lower', ['vocab.txt']],
  ['bert-cased', ['tokenizer.json']],
  ['bert-cased', ['vocab.txt', 'tokenizer_config.json']],
  ['bert-cased', ['vocab.txt']],
  ['llama3', ['tokenizer.json']],
  ['qwen2', ['tokenizer.json']],
  ['smollm', ['tokenizer.json']],
  ['llama2', ['tokenizer.json']],
  ['mistral', ['tokenizer.json']],
  ['metaspace', ['tokenizer.json']],
  ['gemma', ['tokenizer.json']],
])('%s from %j', (name, files) => {
  it("gives Python's ids of all strings", async () => {
    const { encode } = await openTokenizer(goldenTokenizer(name, files), null);
    const wrong = strings.flatMap((text, at) => {
      const got = encode(text).join(' ');
      const wanted = ids[name]![at]!.join(' ');
      return got === wanted ? [] : [{ text: text.slice(0, 80), got, wanted }];
    });
    expect(strings.length).toBeGreaterThanOrEqual(200);
    expect(wrong.slice(0, 5)).toEqual([]);
  });
});

describe('special tokens', () => {
  it.each([
    ['roberta', { cls: 0, pad: 1, sep: 2, unk: 3, mask: 4, bos: 0, eos: 2 }],
    ['bert-lower', { cls: 2, pad: 0, sep: 3, unk: 1, mask: 4, bos: null, eos: null }],
    ['gpt2', { cls: null, sep: null, mask: null, pad: 0, unk: null, bos: 0, eos: 0 }],
    ['clip', { cls: null, sep: null, mask: null, pad: 1071, unk: null, bos: 1070, eos: 1071 }],
    ['llama3', { cls: null, sep: null, mask: null, pad: 702, unk: null, bos: 701, eos: 702 }],
    ['qwen2', { cls: null, sep: null, mask: null, pad: 700, unk: null, bos: 700, eos: 700 }],
    ['llama2', { cls: null, sep: null, mask: null, pad: 2, unk: 0, bos: 1, eos: 2 }],
    ['gemma', { cls: 2, sep: 1, mask: 4, pad: 0, unk: 3, bos: 2, eos: 1 }],
  ])('of %s have the ids of its vocabulary', async (name, special) => {
    const tokenizer = await openTokenizer(goldenTokenizer(name, ['tokenizer.json']), null);
    expect(tokenizer.special).toEqual(special);
  });

  it('may have other names in tokenizer_config.json', async () => {
    const vocab = '[UNK]\n[CLS]\nspecial\n[MASK]\na\n';
    const config = JSON.stringify({ mask_token: { content: 'special' }, sep_token: 'a' });
    const { special } = await fromText({ 'vocab.txt': vocab, 'tokenizer_config.json': config });
    expect(special).toMatchObject({ cls: 1, sep: 4, mask: 2, unk: 0 });
  });
});

it.each(Object.entries(goldenJson<Record<string, number[]>>('begins.json')))(
  'puts what transformers puts before a text of %s: %j',
  async (name, begins) => {
    const tokenizer = await openTokenizer(goldenTokenizer(name), null);
    expect(tokenizer.begins).toEqual(begins);
  },
);

it.each(['llama2', 'mistral', 'gpt2'])(
  'puts no space of %s in front of what is within a text',
  async (name) => {
    const { encode } = await openTokenizer(goldenTokenizer(name), null);
    const [first, second] = ['It was great.', 'The film is funny.\n'];
    const joined = [...encode(`${first}\n`), ...encode(second, 'within')];
    expect(joined).toEqual(encode(`${first}\n${second}`));
    expect(encode(second, 'within').length < encode(second).length).toBe(name !== 'gpt2');
  },
);

it.each(Object.entries(goldenJson<Record<string, number[]>>('begins.json')))(
  'puts before every text of %s what Python does',
  async (name, ids) => {
    expect((await openTokenizer(goldenTokenizer(name), null)).begins).toEqual(ids);
  },
);

describe('decode', () => {
  it.each(['roberta', 'gpt2'])('gives back what %s encoded, byte for byte', async (name) => {
    const { encode, decode } = await openTokenizer(goldenTokenizer(name), null);
    expect(strings.filter((text) => decode(encode(text)) !== text)).toEqual([]);
  });

  it('leaves out ids that are no token', async () => {
    const { decode } = await openTokenizer(goldenTokenizer('bert-lower'), null);
    expect(decode([])).toBe('');
    expect(decode([9_999_999, 4])).toBe('[MASK]');
  });
});

it('counts ids up to the largest, added tokens too', async () => {
  const json = {
    model: { type: 'WordPiece', unk_token: '[UNK]', vocab: { '[UNK]': 0, a: 7 } },
    added_tokens: [{ id: 11, content: '[MASK]', special: true }],
  };
  expect((await fromText({ 'tokenizer.json': JSON.stringify(json) })).size).toBe(12);
});

describe('bad tokenizer files', () => {
  it.each([
    [{}, /no tokenizer file\. Add tokenizer\.json, or vocab\.json and merges\.txt/],
    [{ 'vocab.json': '{}' }, /vocab\.json without merges\.txt/],
    [{ 'tokenizer.json': '{' }, /tokenizer\.json is not valid JSON/],
    [{ 'tokenizer.json': '[]' }, /has no "model"/],
    [
      { 'tokenizer.json': '{"model":{"type":"Unigram","vocab":[]}}' },
      /"Unigram"; supported are BPE/,
    ],
    [{ 'tokenizer.json': '{"model":{"type":"BPE","vocab":{}}}' }, /no list "merges"/],
    [
      { 'tokenizer.json': '{"model":{"type":"WordPiece","vocab":{"a":-1}}}' },
      /the token "a" the id -1/,
    ],
    [
      { 'vocab.json': '{"a":{"toString":1}}', 'merges.txt': '' },
      /the token "a" the id \{"toString":1\}/,
    ],
    [
      {
        'tokenizer.json': '{"model":{"type":"WordPiece","vocab":{}},"normalizer":{"type":"Shout"}}',
      },
      /not supported: Unknown Normalizer type: Shout/,
    ],
    [{ 'vocab.txt': 'a\nb\n' }, /no line "\[UNK\]"/],
    [{ 'vocab.json': '{"a":0}', 'merges.txt': '#version: 0.2\na b c\n' }, /"a b c" in line 2/],
  ])('%j is refused with what to do', async (files, message) => {
    await expect(fromText(files)).rejects.toThrow(message);
  });

  it('asks for tokenizer.json of Llamas, whose other files tell too little', async () => {
    const files = { 'vocab.json': '{"a":0}', 'merges.txt': '#version: 0.2\n' };
    await expect(fromText(files, 'llama')).rejects.toThrow(/holds no tokenizer\.json.*Add it/);
  });

  it('refuses bytes that are not UTF-8', async () => {
    const files = new Map([['vocab.txt', new Blob([new Uint8Array([0x5b, 0xff])])]]);
    await expect(openTokenizer(files, 'bert')).rejects.toThrow('vocab.txt is not valid UTF-8');
  });
});

it('refuses a vocabulary of another model, and allows a padded embedding', async () => {
  const tokenizer = await openTokenizer(goldenTokenizer('roberta'), 'roberta');
  expect(() => checkVocabulary(tokenizer, 800, 'base')).not.toThrow();
  expect(() => checkVocabulary(tokenizer, 832, 'base')).not.toThrow();
  expect(() => checkVocabulary(tokenizer, 799, 'base')).toThrow(/800 ids.*799 rows/);
  expect(() => checkVocabulary(tokenizer, 30522, 'base')).toThrow(/800 ids.*30522 rows/);
});

describe('every character', () => {
  const sweep = goldenJson<Record<string, [number, number][]>>('codePoints.json');
  const assigned = /\P{Cn}/u;

  it('is a letter, a number, removed or apart as in Python', async () => {
    const alphabet = { '[UNK]': 0, a: 1, '##b': 2, ab: 3, b: 4 };
    const model = { type: 'WordPiece', unk_token: '[UNK]', vocab: alphabet };
    const bert = {
      model: { ...model, continuing_subword_prefix: '##' },
      normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true },
      pre_tokenizer: { type: 'BertPreTokenizer' },
    };
    const { encode } = await fromText({ 'tokenizer.json': JSON.stringify(bert) });
    const kinds: Record<string, string> = {
      '3': 'removed',
      '1 4': 'space',
      '1 0 4': 'apart',
      '0': 'in',
    };
    const inside = (name: string, code: number) =>
      sweep[name]!.some(([first, last]) => first <= code && code <= last);
    const wrong: string[] = [];
    for (let code = 0; code < 0x20000; code++) {
      const letter = String.fromCodePoint(code);
      if (!assigned.test(letter) || (code >= 0xd800 && code < 0xe000)) continue;
      const got = kinds[encode(`a${letter}b`).join(' ')];
      const wanted = inside('removed', code)
        ? 'removed'
        : inside('space', code)
          ? 'space'
          : inside('separate', code) || inside('punctuation', code)
            ? 'apart'
            : 'in';
      const ascii = letter === 'a' || letter === 'b';
      if (got !== wanted && !ascii) wrong.push(`${code.toString(16)} ${got} ${wanted}`);
    }
    expect(wrong).toEqual([]);
  });
});
