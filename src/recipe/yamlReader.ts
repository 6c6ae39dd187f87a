import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
} from 'yaml';
import { badFile } from '../errors.ts';
import { didYouMean, fewOf } from '../wording.ts';
import { hasTooManyAliases, maxAliases } from './yamlLimits.ts';

const maxProblems = 20;

/** Where something stands in the text: `path` as in `models[0].parameters.density`, lines counted from 1. */
interface Place {
  path: string;
  line: number;
}

const start: Place = { path: '', line: 1 };

/** What reads each key of an object. */
export type Readers<T extends object> = {
  readonly [Key in keyof T]-?: (field: Field) => T[Key] | undefined;
};

/** A YAML text, whose fields read checked values and gather every problem with its line and field. */
export class YamlReader {
  readonly #problems: { line: number; text: string }[] = [];
  readonly #lines = new LineCounter();
  readonly document: Document.Parsed;

  constructor(text: string) {
    const hasTooMany = hasTooManyAliases(text);
    this.document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      uniqueKeys: false,
    });
    for (const { pos, code, message } of [...this.document.errors, ...this.document.warnings])
      this.report(
        { line: this.lineAt(pos[0]), path: '' },
        code === 'MULTIPLE_DOCS'
          ? 'a second document starts here; a recipe is a single one.'
          : `not valid YAML: ${message}.`,
      );
    if (hasTooMany)
      this.report(start, `more than ${maxAliases} aliases (*name). Write the values out.`);
    this.finish();
    this.#refuseBomb();
  }

  /** The whole text as a field with an empty path. */
  root(): Field {
    return new Field(this, '', this.document.contents);
  }

  /** Notes a problem with its place; `finish` tells them all. */
  report({ line, path }: Place, message: string): void {
    this.#problems.push({ line, text: `Line ${line}${path && `, ${path}`}: ${message}` });
  }

  /** Throws `BadFile` with one line per problem, in line order; returns when there are none. */
  finish(): void {
    if (this.#problems.length === 0) return;
    const ordered = this.#problems.toSorted((a, b) => a.line - b.line).map(({ text }) => text);
    const more = ordered.length - maxProblems;
    if (more > 0) ordered.splice(maxProblems, more, `… and ${more} more problems.`);
    throw badFile(ordered.join('\n'));
  }

  /** The line of a place in the text, counted in characters. */
  lineAt(offset: number): number {
    return Math.max(1, this.#lines.linePos(offset).line);
  }

  #refuseBomb(): void {
    try {
      this.root().plain();
    } catch (thrown) {
      if (!(thrown instanceof ReferenceError)) throw thrown;
      this.report(
        start,
        'aliases (*name) of aliases come to too many values. Write the values out.',
      );
      this.finish();
    }
  }
}

/** A value of the YAML text; what is not as it is read is reported. */
export class Field implements Place {
  readonly line: number;
  readonly #node: Node;

  constructor(
    readonly yaml: YamlReader,
    readonly path: string,
    value: Node | null,
    key = value,
  ) {
    const { document } = yaml;
    this.line = yaml.lineAt(key?.range?.[0] ?? 0);
    this.#node = (isAlias(value) ? value.resolve(document) : value) ?? document.createNode(null);
  }

  report(message: string): void {
    this.yaml.report(this, message);
  }

  get isMap(): boolean {
    return isMap(this.#node);
  }

  get isList(): boolean {
    return isSeq(this.#node);
  }

  get isText(): boolean {
    return typeof this.#scalar === 'string';
  }

  /** The value as plain data, unchecked. */
  plain(): unknown {
    return this.#node.toJS(this.yaml.document, { maxAliasCount: maxAliases });
  }

  /** A mapping of the given keys; unknown and repeated keys are reported and left out. */
  map(keys: readonly string[]): Fields {
    const at = new Map<string, Field>();
    if (!isMap<Node, Node | null>(this.#node)) {
      this.#refuse(`a mapping with the keys ${keys.join(', ')}`);
      return new Fields(this, at);
    }
    for (const { key, value } of this.#node.items) {
      const name = isScalar(key) ? String(key.value) : String(key);
      const field = new Field(this.yaml, join(this.path, name), value, key);
      const earlier = at.get(name);
      if (!keys.includes(name))
        field.report(`unknown key. Allowed here: ${fewOf(keys)}.${didYouMean(keys, name)}`);
      else if (earlier) field.report(`given on line ${earlier.line} already.`);
      else at.set(name, field);
    }
    return new Fields(this, at);
  }

  /** The items of a list; empty, and reported, when it is no list or holds nothing. */
  list(of: string): Field[] {
    if (isSeq<Node>(this.#node) && this.#node.items.length > 0)
      return this.#node.items.map((item, i) => new Field(this.yaml, `${this.path}[${i}]`, item));
    this.#refuse(`a list of at least one ${of}`);
    return [];
  }

  /** The items of a list as `read` makes them, without those refused; what comes twice is reported. */
  distinct<Value extends string | number>(
    of: string,
    read: (item: Field) => Value | undefined,
  ): Value[] {
    const seen = new Set<Value>();
    return this.list(of).flatMap((item) => {
      const value = read(item);
      if (value === undefined) return [];
      const shown = typeof value === 'string' ? `"${value}"` : value;
      if (seen.has(value)) item.report(`${shown} is listed already.`);
      seen.add(value);
      return [value];
    });
  }

  /** A finite number from `min` to `max`, both allowed. */
  number(min: number, max: number): number | undefined {
    const value = this.#scalar;
    if (typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max)
      return value;
    const range = rangeOf(min, max);
    return this.#refuse(typeof value === 'string' ? `${range}, without quotes` : range);
  }

  /** A whole number from `min` to `max`, both allowed. */
  integer(min: number, max: number): number | undefined {
    if (Number.isSafeInteger(this.#scalar)) return this.number(min, max);
    return this.#refuse(`a whole number from ${min} to ${max}`);
  }

  /** True or false. */
  flag(): boolean | undefined {
    const value = this.#scalar;
    return typeof value === 'boolean' ? value : this.#refuse('true or false');
  }

  /** A text that is not empty; `of` says what it names. */
  text(of: string): string | undefined {
    const value = this.#scalar;
    if (typeof value === 'string' && value !== '') return value;
    const quoted = typeof value === 'number' || typeof value === 'boolean' ? ', in quotes' : '';
    return this.#refuse(`${of}${quoted}`);
  }

  /** One of the given words; `wanted` describes them in the error. */
  oneOf<Word extends string>(
    words: readonly Word[],
    wanted = `one of ${fewOf(words)}`,
  ): Word | undefined {
    const value = this.#scalar;
    return words.find((each) => each === value) ?? this.#refuse(wanted, didYouMean(words, value));
  }

  /** The value of a field that is neither list nor mapping. */
  get #scalar(): unknown {
    return isScalar(this.#node) ? this.#node.value : null;
  }

  #refuse(wanted: string, hint = ''): undefined {
    this.report(`must be ${wanted}, not ${describe(this.#node)}.${hint}`);
  }
}

/** The fields of a mapping by their keys; none of what is no mapping. */
export class Fields {
  constructor(
    readonly of: Field,
    readonly at: ReadonlyMap<string, Field>,
  ) {}

  /** What `read` makes of each of these keys; those not given or refused are left out. */
  each<Key extends string, Value>(
    keys: readonly Key[],
    read: (field: Field, key: Key) => Value | undefined,
  ): Partial<Record<Key, Value>> {
    const values: Partial<Record<Key, Value>> = {};
    for (const key of keys) {
      const field = this.at.get(key);
      const value = field && read(field, key);
      if (value !== undefined) values[key] = value;
    }
    return values;
  }

  /** The keys of a mapping, each by its own reader; those not given or refused are left out. */
  object<T extends object>(readers: Readers<T>): Partial<T> {
    const keys = Object.keys(readers) as (keyof T & string)[];
    return this.each(keys, (field, key) => readers[key](field)) as Partial<T>;
  }

  /** A key that must be there; reported with `why` when it is not. */
  required(key: string, why: string): Field | undefined {
    const field = this.at.get(key);
    const { isMap, yaml, line, path } = this.of;
    if (isMap && !field) yaml.report({ line, path: join(path, key) }, `missing: ${why}.`);
    return field;
  }
}

function rangeOf(min: number, max: number): string {
  if (!Number.isFinite(min)) return 'a finite number';
  if (max < Number.MAX_VALUE) return `a number from ${min} to ${max}`;
  return min > 0 ? 'a number above 0' : `a number from ${min} on`;
}

function join(path: string, key: string): string {
  return path ? `${path}.${key}` : key;
}

function describe(node: Node): string {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return node.items.length === 0 ? 'an empty list' : 'a list';
  if (!isScalar(node) || node.value === null) return 'empty';
  if (typeof node.value !== 'string') return String(node.value);
  const short = node.value.length > 60 ? `${node.value.slice(0, 60)}…` : node.value;
  return JSON.stringify(short);
}
