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
import { hasTooManyAliases, maxAliases, refuseOversize } from './yamlLimits.ts';

const maxProblems = 20;

/** Where something stands in the text: `path` as in `models[0].parameters.density`, lines counted from 1. */
interface Place {
  path: string;
  line: number;
}

/** A value of the YAML text. */
export interface Field extends Place {
  node: Node;
}

/** A parsed YAML mapping; `line` is where it starts, `path` what its keys come after. */
export interface Fields extends Place {
  at: ReadonlyMap<string, Field>;
}

const start: Place = { path: '', line: 1 };

/** What reads each key of an object. */
export type Readers<T extends object> = {
  readonly [Key in keyof T]-?: (field: Field) => T[Key] | undefined;
};

/** Reads checked values out of a YAML text and gathers every problem with its line and field. */
export class YamlReader {
  readonly #problems: { line: number; text: string }[] = [];
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed;

  constructor(text: string) {
    refuseOversize(text);
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      uniqueKeys: false,
    });
    for (const { pos, code, message } of [...this.#document.errors, ...this.#document.warnings])
      this.report(
        { line: this.#lineAt(pos[0]), path: '' },
        code === 'MULTIPLE_DOCS'
          ? 'a second document starts here; a recipe is a single one.'
          : `not valid YAML: ${message}.`,
      );
    if (hasTooManyAliases(this.#document))
      this.report(start, `more than ${maxAliases} aliases (*name). Write the values out.`);
    this.finish();
    this.#refuseBomb();
  }

  /** The whole text as a field with an empty path. */
  root(): Field {
    return this.#field('', this.#document.contents);
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

  isMap(field: Field): boolean {
    return isMap(field.node);
  }

  isList(field: Field): boolean {
    return isSeq(field.node);
  }

  /** The text as plain data, unchecked. */
  plain(): unknown {
    return this.plainOf(this.root());
  }

  /** A value as plain data, unchecked. */
  plainOf({ node }: Field): unknown {
    return node.toJS(this.#document, { maxAliasCount: maxAliases });
  }

  /** A mapping of the given keys; unknown and repeated keys are reported and left out. */
  map(field: Field, keys: readonly string[]): Fields | undefined {
    if (!isMap<Node, Node | null>(field.node)) {
      this.#refuse(field, `a mapping with the keys ${keys.join(', ')}`);
      return undefined;
    }
    const at = new Map<string, Field>();
    for (const { key, value } of field.node.items) {
      const name = isScalar(key) ? String(key.value) : String(key);
      const path = join(field.path, name);
      const line = this.#lineOf(key);
      const earlier = at.get(name);
      if (!keys.includes(name))
        this.report({ line, path }, `unknown key. Allowed here: ${keys.join(', ')}.`);
      else if (earlier) this.report({ line, path }, `given on line ${earlier.line} already.`);
      else at.set(name, { ...this.#field(path, value), line });
    }
    return { path: field.path, line: field.line, at };
  }

  /** What `read` makes of each of these keys; those not given or refused are left out. */
  each<Key extends string, Value>(
    fields: Fields | undefined,
    keys: readonly Key[],
    read: (field: Field, key: Key) => Value | undefined,
  ): Partial<Record<Key, Value>> {
    const values: Partial<Record<Key, Value>> = {};
    for (const key of keys) {
      const field = fields?.at.get(key);
      const value = field && read(field, key);
      if (value !== undefined) values[key] = value;
    }
    return values;
  }

  /** The keys of a mapping, each by its own reader; those not given or refused are left out. */
  object<T extends object>(fields: Fields | undefined, readers: Readers<T>): Partial<T> {
    const keys = Object.keys(readers) as (keyof T & string)[];
    return this.each(fields, keys, (field, key) => readers[key](field)) as Partial<T>;
  }

  /** A key that must be there; reported with `why` when it is not. */
  required(fields: Fields | undefined, key: string, why: string): Field | undefined {
    const field = fields?.at.get(key);
    if (fields && !field)
      this.report({ line: fields.line, path: join(fields.path, key) }, `missing: ${why}.`);
    return field;
  }

  /** The items of a list; empty, and reported, when it is no list or holds nothing. */
  list(field: Field, of: string): Field[] {
    if (isSeq<Node>(field.node) && field.node.items.length > 0)
      return field.node.items.map((item, i) => this.#field(`${field.path}[${i}]`, item));
    this.#refuse(field, `a list of at least one ${of}`);
    return [];
  }

  /** The items of a list as `read` makes them, without those refused; what comes twice is reported. */
  distinct<Value extends string | number>(
    field: Field,
    of: string,
    read: (item: Field) => Value | undefined,
  ): Value[] {
    const seen = new Set<Value>();
    return this.list(field, of).flatMap((item) => {
      const value = read(item);
      if (value === undefined) return [];
      const shown = typeof value === 'string' ? `"${value}"` : value;
      if (seen.has(value)) this.report(item, `${shown} is listed already.`);
      seen.add(value);
      return [value];
    });
  }

  /** A finite number from `min` to `max`, both allowed. */
  number(field: Field, min: number, max: number): number | undefined {
    const value = scalarOf(field);
    if (typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max)
      return value;
    const range = rangeOf(min, max);
    this.#refuse(field, typeof value === 'string' ? `${range}, without quotes` : range);
    return undefined;
  }

  /** A whole number from `min` to `max`, both allowed. */
  integer(field: Field, min: number, max: number): number | undefined {
    if (Number.isSafeInteger(scalarOf(field))) return this.number(field, min, max);
    this.#refuse(field, `a whole number from ${min} to ${max}`);
    return undefined;
  }

  /** True or false. */
  flag(field: Field): boolean | undefined {
    const value = scalarOf(field);
    if (typeof value === 'boolean') return value;
    this.#refuse(field, 'true or false');
    return undefined;
  }

  isText(field: Field): boolean {
    return typeof scalarOf(field) === 'string';
  }

  /** A text that is not empty; `of` says what it names. */
  text(field: Field, of: string): string | undefined {
    const value = scalarOf(field);
    if (typeof value === 'string' && value !== '') return value;
    const quoted = typeof value === 'number' || typeof value === 'boolean' ? ', in quotes' : '';
    this.#refuse(field, `${of}${quoted}`);
    return undefined;
  }

  /** One of the given words; `wanted` describes them in the error. */
  oneOf<Word extends string>(
    field: Field,
    words: readonly Word[],
    wanted = `one of ${words.join(', ')}`,
  ): Word | undefined {
    const value = scalarOf(field);
    const word = words.find((each) => each === value);
    if (word === undefined) this.#refuse(field, wanted);
    return word;
  }

  #refuseBomb(): void {
    try {
      this.plain();
    } catch (thrown) {
      if (!(thrown instanceof ReferenceError)) throw thrown;
      this.report(
        start,
        'aliases (*name) of aliases come to too many values. Write the values out.',
      );
      this.finish();
    }
  }

  #refuse(field: Field, wanted: string): void {
    this.report(field, `must be ${wanted}, not ${describe(field.node)}.`);
  }

  #field(path: string, value: Node | null): Field {
    const node = isAlias(value) ? value.resolve(this.#document) : value;
    return { path, line: this.#lineOf(value), node: node ?? this.#document.createNode(null) };
  }

  #lineOf(node: Node | null): number {
    return this.#lineAt(node?.range?.[0] ?? 0);
  }

  #lineAt(offset: number): number {
    return Math.max(1, this.#lines.linePos(offset).line);
  }
}

/** The value of a field that is neither list nor mapping. */
function scalarOf({ node }: Field): unknown {
  return isScalar(node) ? node.value : null;
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
