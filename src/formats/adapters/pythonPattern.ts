import { PatternAutomaton, TooManyStates, type CharTest, type Node } from './patternAutomaton.ts';

/** A regular expression of Python, matched in steps whose number grows with its length times the text's. */
export interface PythonPattern {
  /**
   * Whether `re.match(rf"(.*\.)?({pattern})$", name)` matches a name of these characters, as PEFT asks; `spend` is told of the steps
   * that it takes and may throw.
   */
  ends(name: readonly string[], spend: (steps: number) => void): boolean;
}

const mostLength = 2000;
const mostDepth = 50;
const mostRepeats = 1000;
/** Of a class in brackets, each of which costs time at each step. */
const mostMembers = 64;

/** The pattern of a text; null where it has what is not read: look-around, references to groups, flags, or faults. */
export function parsePythonPattern(text: string): PythonPattern | null {
  if (text.length > mostLength) return null;
  try {
    const node = new Parser(text).whole();
    const chars = charsOf(node);
    return chars ? endsIn(chars) : new PatternAutomaton(node, anyChar);
  } catch (error) {
    if (error instanceof Unread || error instanceof TooManyStates) return null;
    throw error;
  }
}

class Unread extends Error {}

const digit: CharTest = (char) => /\p{Nd}/u.test(char);
const space: CharTest = (char) => /\s/.test(char);
const word: CharTest = (char) => /[\p{L}\p{N}_]/u.test(char);
const not =
  (test: CharTest): CharTest =>
  (char) =>
    !test(char);
const classes: ReadonlyMap<string, CharTest> = new Map([
  ['d', digit],
  ['D', not(digit)],
  ['s', space],
  ['S', not(space)],
  ['w', word],
  ['W', not(word)],
]);
const anyChar: CharTest = (char) => char !== '\n';

class Parser {
  readonly #chars: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#chars = [...text];
  }

  whole(): Node {
    const node = this.#choice();
    if (this.#at < this.#chars.length) throw new Unread();
    return node;
  }

  #peek(): string | undefined {
    return this.#chars[this.#at];
  }

  #take(): string {
    const char = this.#chars[this.#at++];
    if (char === undefined) throw new Unread();
    return char;
  }

  #skip(text: string): boolean {
    const found = this.#chars.slice(this.#at, this.#at + text.length).join('') === text;
    if (found) this.#at += text.length;
    return found;
  }

  #choice(): Node {
    if (++this.#depth > mostDepth) throw new Unread();
    const nodes = [this.#sequence()];
    while (this.#skip('|')) nodes.push(this.#sequence());
    this.#depth--;
    return nodes.length === 1 ? nodes[0]! : { kind: 'choice', nodes };
  }

  #sequence(): Node {
    const nodes: Node[] = [];
    for (let char = this.#peek(); char !== undefined; char = this.#peek()) {
      if (char === '|' || char === ')') break;
      nodes.push(this.#repeated(this.#single()));
    }
    return { kind: 'sequence', nodes };
  }

  #single(): Node {
    const char = this.#take();
    if (char === '(') {
      if (this.#skip('?') && !this.#skip(':')) this.#groupName();
      const node = this.#choice();
      if (!this.#skip(')')) throw new Unread();
      return node;
    }
    if (char === '^') return { kind: 'start' };
    if (char === '$') return { kind: 'end' };
    if (char === '.') return { kind: 'char', test: anyChar };
    if (char === '[') return { kind: 'char', test: this.#class() };
    if (char === '\\') return this.#escape();
    if ('*+?'.includes(char)) throw new Unread();
    return { kind: 'char', test: (each) => each === char };
  }

  #groupName(): void {
    if (!this.#skip('P<')) throw new Unread();
    while (this.#take() !== '>');
  }

  #escape(): Node {
    if (this.#skip('A')) return { kind: 'start' };
    if (this.#skip('Z')) return { kind: 'end' };
    return { kind: 'char', test: this.#escaped() };
  }

  /** What stands after a backslash: a class, or punctuation for itself. */
  #escaped(): CharTest {
    const char = this.#take();
    const found = classes.get(char);
    if (found) return found;
    if (/[A-Za-z0-9]/.test(char)) throw new Unread();
    return (each) => each === char;
  }

  #class(): CharTest {
    const isNegated = this.#skip('^');
    const tests: CharTest[] = [];
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      const [from, test] = this.#classMember();
      if (this.#peek() !== '-' || this.#chars[this.#at + 1] === ']') tests.push(test);
      else {
        this.#take();
        const [to] = this.#classMember();
        if (from === null || to === null || from > to) throw new Unread();
        tests.push((char) => codeOf(char) >= from && codeOf(char) <= to);
      }
    }
    this.#take();
    if (tests.length > mostMembers) throw new Unread();
    return (char) => tests.some((test) => test(char)) !== isNegated;
  }

  /** A character of a class, by its code, or a class in it. */
  #classMember(): [code: number | null, test: CharTest] {
    const char = this.#take();
    if (char !== '\\') return [codeOf(char), (each) => each === char];
    const escaped = this.#peek() ?? '';
    const test = this.#escaped();
    return [classes.has(escaped) ? null : codeOf(escaped), test];
  }

  #repeated(node: Node): Node {
    const counts = this.#counts();
    if (!counts) return node;
    if (node.kind === 'start' || node.kind === 'end') throw new Unread();
    const [least, most] = counts;
    // Lazily or not, the same texts match; what gives nothing back matches others.
    this.#skip('?');
    if (this.#peek() === '+' || this.#counts()) throw new Unread();
    return { kind: 'repeat', node, least, most };
  }

  #counts(): [least: number, most: number] | null {
    if (this.#skip('*')) return [0, Infinity];
    if (this.#skip('+')) return [1, Infinity];
    if (this.#skip('?')) return [0, 1];
    const text = this.#chars.slice(this.#at, this.#at + 12).join('');
    const [all, least = '', comma, most = ''] = /^\{(\d*)(?:(,)(\d*))?\}/.exec(text) ?? [];
    // Braces of any other kind stand for themselves.
    if (all === undefined || all === '{}') return null;
    this.#at += all.length;
    const low = Number(least || 0);
    const high = comma === undefined ? low : most === '' ? Infinity : Number(most);
    if (high < low || [low, high].some((count) => count > mostRepeats && count < Infinity))
      throw new Unread();
    return [low, high];
  }
}

const codeOf = (char: string) => char.codePointAt(0) ?? 0;

/** The characters of a pattern that has nothing else, most patterns' kind; null of others. */
function charsOf(node: Node): CharTest[] | null {
  if (node.kind === 'char') return [node.test];
  if (node.kind !== 'sequence') return null;
  const parts = node.nodes.map(charsOf);
  return parts.includes(null) ? null : parts.flatMap((part) => part ?? []);
}

function endsIn(tests: readonly CharTest[]): PythonPattern {
  return {
    ends(name, spend) {
      const first = name.length - tests.length;
      spend(1);
      if (first < 0 || (first > 0 && name[first - 1] !== '.')) return false;
      spend(name.length);
      return name.every((char, k) => (tests[k - first] ?? anyChar)(char));
    },
  };
}
