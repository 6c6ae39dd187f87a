import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { maxJsonDepth, parseStrictJson } from './strictJson.ts';

const options = { what: 'The text', remedy: 'Mend it.' };
const utf8 = (text: string) => new TextEncoder().encode(text);
const parse = (text: string) => parseStrictJson(utf8(text), options);

function messageOf(act: () => void): string {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return (error as AppError).message;
  }
  throw new Error('Nothing was thrown.');
}

describe('what is JSON', () => {
  it.each([
    ['null', null],
    [' true\n', true],
    ['[]', []],
    ['[1, -2.5e+1, 0.5, -0]', [1, -25, 0.5, -0]],
    ['"a\\n\\u00e9\\ud83e\\uddf5é🧵\\/"', 'a\né🧵é🧵/'],
    ['"\ufeff"', '\ufeff'],
    [
      '{"a":{"b":[null]},"":1}',
      new Map<string, unknown>([
        ['a', new Map([['b', [null]]])],
        ['', 1],
      ]),
    ],
  ])('reads %s', (text, value) => {
    expect(parse(text)).toEqual(value);
  });

  it('takes __proto__ as a key like any other', () => {
    const object = parse('{"__proto__": {"a": 1}, "constructor": 2}');
    expect(object).toEqual(
      new Map<string, unknown>([
        ['__proto__', new Map([['a', 1]])],
        ['constructor', 2],
      ]),
    );
  });

  it('reads a string of a million characters and ten thousand keys', () => {
    const object = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i]));
    const value = parse(JSON.stringify({ long: 'x'.repeat(1e6), object }));
    expect(value).toEqual(
      new Map<string, unknown>([
        ['long', 'x'.repeat(1e6)],
        ['object', new Map(Object.entries(object))],
      ]),
    );
  });
});

describe('what is not', () => {
  it.each([
    ['', 'has its end where a value must be, at byte 0'],
    ['{"a":1', 'has its end where a comma or } must be in "a", at byte 6'],
    ['[1,]', 'has "]" where a value must be in 1, at byte 3'],
    ['{"a":1,}', 'has "}" where a key must be, at byte 7'],
    ['{"a" 1}', 'has "1}" where a colon must be, at byte 5'],
    ['{a:1}', 'has "a:1}" where a key must be, at byte 1'],
    ["['a']", 'has "\'a\']" where a value must be in 0, at byte 1'],
    ['{"a":1,"a":2}', 'has the key "a" twice, at byte 7'],
    ['{"\\u0061":1,"a":2}', 'has the key "a" twice, at byte 12'],
    ['{"é":{"a":1,"a":2}}', 'has the key "a" twice in "é", at byte 13'],
    ['1 2', 'has text after its end ("2"), at byte 2'],
    ['{}\0', 'has text after its end ("\\u0000"), at byte 2'],
    ['\ufeff{}', 'begins with a byte-order mark, at byte 0'],
    ['"\\ud800"', 'has half a surrogate pair in a string, at byte 0'],
    ['"\\udc00\\ud800"', 'has half a surrogate pair in a string, at byte 0'],
    ['"\\x41"', 'has an unknown escape ("\\\\x41\\""), at byte 1'],
    ['"\\u12g4"', 'has an unknown escape'],
    ['"a\nb"', 'has "\\nb\\"" inside a string, at byte 2'],
    ['"a', 'has its end inside a string, at byte 2'],
    ['01', 'has text after its end ("1"), at byte 1'],
    ['+1', 'has "+1" where a value must be, at byte 0'],
    ['.5', 'has ".5" where a value must be'],
    ['1.', 'has text after its end (".")'],
    ['NaN', 'has "NaN" where a value must be'],
    ['// a\n1', 'where a value must be'],
    ['nul', 'has "nul" where a value must be'],
  ])('refuses %j', (text, fault) => {
    const message = messageOf(() => parse(text));
    expect(message).toContain(fault);
    expect(message).toMatch(/^The text /);
    expect(message).toMatch(/ Mend it\.$/);
  });

  it.each([
    [[0x22, 0x61, 0xff, 0x22], 2, '0xff'],
    [[0x22, 0xed, 0xa0, 0x80, 0x22], 1, '0xed'],
    [[0x22, 0xc3, 0xa9, 0xc0, 0xaf, 0x22], 3, '0xc0'],
    [[0x22, 0xf0, 0x9f], 1, '0xf0'],
  ])('refuses the bytes %j, which are not UTF-8', (bytes, at, value) => {
    expect(() => parseStrictJson(Uint8Array.from(bytes), options)).toThrow(
      `The text is not valid UTF-8: the byte is ${value}, at byte ${at}. Mend it.`,
    );
  });

  it('stops at the stated depth', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(() => parse(nested(maxJsonDepth))).not.toThrow();
    expect(() => parse(nested(maxJsonDepth + 1))).toThrow('nests deeper than 64 levels');
    expect(() => parse('['.repeat(1e6))).toThrow('nests deeper than 64 levels');
  });
});

describe('whole numbers only', () => {
  const whole = (text: string) =>
    parseStrictJson(utf8(text), { ...options, offset: 8, wholeNumbersOnly: true });

  it.each(['0', '7', '9007199254740991'])('reads %s', (text) => {
    expect(whole(text)).toBe(Number(text));
  });

  it.each(['4.0', '1e3', '-0', '-1', '0.5'])('refuses %s', (text) => {
    expect(() => whole(`{"shape":[${text}]}`)).toThrow(
      `The text has ${text} where a whole number must be in "shape" › 0, at byte 18. Mend it.`,
    );
  });

  it.each(['9007199254740992', '18446744073709551616'])('refuses %s', (text) => {
    expect(() => whole(text)).toThrow(`has the number ${text}, which is over 2^53 − 1, at byte 8`);
  });
});

it('reads what Python does, where that is asked for', () => {
  const read = (text: string) => parseStrictJson(utf8(text), { ...options, asPython: true });
  expect(read('\ufeff{"a":[NaN,Infinity,-Infinity,-1],"b":1,"b":2}')).toEqual(
    new Map<string, unknown>([
      ['a', [NaN, Infinity, -Infinity, -1]],
      ['b', 2],
    ]),
  );
  for (const text of ['[Nan]', '{"a":1,}', '[1] 2']) expect(() => read(text)).toThrow('Mend it.');
});
