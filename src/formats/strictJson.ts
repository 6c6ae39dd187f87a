import type { AppError } from '../errors.ts';
import { badFile } from '../errors.ts';
import type { JsonValue } from './checkpoint.ts';

/** Deepest nesting of objects and arrays that is accepted. */
export const maxJsonDepth = 64;

export interface StrictJsonOptions {
  /** What is being parsed, as it begins the error message, e.g. "The header of a.safetensors". */
  what: string;
  /** Last sentence of every error message. */
  remedy: string;
  /** Added to positions in messages: bytes of the file before the JSON text. */
  offset?: number;
  /** Accept no numbers but whole ones from 0 to 2^53 − 1, written as digits alone. */
  wholeNumbersOnly?: boolean;
  /** Accept what Python does: a byte-order mark, NaN and infinities, of equal keys the last. */
  asPython?: boolean;
}

/** Parses UTF-8 JSON to the letter: no lone surrogates or trailing text, and no BOM or duplicate keys but `asPython`; else throws BadFile. */
export function parseStrictJson(bytes: Uint8Array, options: StrictJsonOptions): JsonValue {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const at = findInvalidUtf8(bytes);
    const value = `0x${(bytes[at] ?? 0).toString(16).padStart(2, '0')}`;
    throw jsonError(options, at, `is not valid UTF-8: the byte is ${value}`);
  }
  return new Parser(text, options).parseDocument();
}

function jsonError(options: StrictJsonOptions, byte: number, fault: string): AppError {
  const message = `${options.what} ${fault}, at byte ${byte + (options.offset ?? 0)}. ${options.remedy}`;
  return badFile(message);
}

/** Position of the first byte that comes back different after lossy decoding. */
function findInvalidUtf8(bytes: Uint8Array): number {
  const lossy = new TextEncoder().encode(
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes),
  );
  return bytes.findIndex((byte, at) => byte !== lossy[at]);
}

const whitespace = /[ \t\n\r]*/y;
const plainCharacters = /[ !#-[\]-\uffff]*/y;
const escape = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const wholeNumber = /^(?:0|[1-9]\d*)$/;
const literals: readonly [string, null | boolean][] = [
  ['null', null],
  ['true', true],
  ['false', false],
];
const pythonLiterals: readonly [string, null | boolean | number][] = [
  ...literals,
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
];

class Parser {
  private at = 0;
  /** Keys and positions from the root to the value being parsed. */
  private readonly path: (string | number)[] = [];

  constructor(
    private readonly text: string,
    private readonly options: StrictJsonOptions,
  ) {}

  parseDocument(): JsonValue {
    if (this.text.startsWith('\ufeff')) {
      if (!this.options.asPython) this.fail('begins with a byte-order mark');
      this.at++;
    }
    const value = this.parseValue();
    this.skip(whitespace);
    if (this.at < this.text.length) this.fail(`has text after its end (${this.glimpse()})`);
    return value;
  }

  private parseValue(): JsonValue {
    this.skip(whitespace);
    const first = this.text[this.at];
    if (first === '{') return this.parseObject();
    if (first === '[') return this.parseArray();
    if (first === '"') return this.parseString();
    for (const [word, value] of this.options.asPython ? pythonLiterals : literals) {
      if (!this.text.startsWith(word, this.at)) continue;
      this.at += word.length;
      return value;
    }
    return this.parseNumber();
  }

  private parseObject(): Map<string, JsonValue> {
    const object = new Map<string, JsonValue>();
    this.parseItems('}', () => {
      this.path[this.path.length - 1] = '';
      this.skip(whitespace);
      const start = this.at;
      if (this.text[this.at] !== '"') this.fail(`has ${this.glimpse()} where a key must be`);
      const key = this.parseString();
      if (object.has(key) && !this.options.asPython)
        this.fail(`has the key ${JSON.stringify(key)} twice`, start);
      if (!this.takes(':')) this.fail(`has ${this.glimpse()} where a colon must be`);
      this.path[this.path.length - 1] = key;
      object.set(key, this.parseValue());
    });
    return object;
  }

  private parseArray(): JsonValue[] {
    const array: JsonValue[] = [];
    this.parseItems(']', () => {
      this.path[this.path.length - 1] = array.length;
      array.push(this.parseValue());
    });
    return array;
  }

  /** What stands between brackets, with commas between. */
  private parseItems(end: '}' | ']', parseItem: () => void): void {
    this.at++;
    this.path.push('');
    if (this.path.length > maxJsonDepth) this.fail(`nests deeper than ${maxJsonDepth} levels`);
    if (!this.takes(end)) {
      do parseItem();
      while (this.takes(','));
      if (!this.takes(end)) this.fail(`has ${this.glimpse()} where a comma or ${end} must be`);
    }
    this.path.pop();
  }

  private parseString(): string {
    const start = this.at++;
    do this.skip(plainCharacters);
    while (this.skip(escape) !== '');
    const next = this.text[this.at];
    if (next === '\\') this.fail(`has an unknown escape (${this.glimpse()})`);
    if (next !== '"') this.fail(`has ${this.glimpse()} inside a string`);
    this.at++;
    const value = String(JSON.parse(this.text.slice(start, this.at)));
    if (/\p{Surrogate}/u.test(value)) this.fail('has half a surrogate pair in a string', start);
    return value;
  }

  private parseNumber(): number {
    const start = this.at;
    const digits = this.skip(number);
    if (digits === '') this.fail(`has ${this.glimpse()} where a value must be`);
    const value = Number(digits);
    if (this.options.wholeNumbersOnly) {
      if (!wholeNumber.test(digits)) {
        this.fail(`has ${digits.slice(0, 40)} where a whole number must be`, start);
      }
      if (!Number.isSafeInteger(value)) {
        this.fail(`has the number ${digits.slice(0, 40)}, which is over 2^53 − 1`, start);
      }
    }
    return value;
  }

  private takes(character: string): boolean {
    this.skip(whitespace);
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private skip(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.at += found.length;
    return found;
  }

  private glimpse(): string {
    if (this.at >= this.text.length) return 'its end';
    return JSON.stringify(this.text.slice(this.at, this.at + 12));
  }

  private fail(fault: string, at = this.at): never {
    const where = this.path.filter((key) => key !== '').map((key) => JSON.stringify(key));
    const inside = where.length > 0 && where.length < 6 ? ` in ${where.join(' › ')}` : '';
    const byte = new TextEncoder().encode(this.text.slice(0, at)).length;
    throw jsonError(this.options, byte, fault + inside);
  }
}
