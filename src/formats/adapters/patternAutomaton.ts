/** Whether a character is one of those that stand at a place of a pattern. */
export type CharTest = (char: string) => boolean;

/** A regular expression, or a part of one. */
export type Node =
  | { kind: 'char'; test: CharTest }
  | { kind: 'sequence' | 'choice'; nodes: readonly Node[] }
  | { kind: 'repeat'; node: Node; least: number; most: number }
  | { kind: 'start' | 'end' };

/** Parts of a pattern with its repeats written out; more are refused. */
const mostAdded = 4000;

export class TooManyStates extends Error {}

/** What follows a state: after a character, or at once, where the text begins or ends or anywhere. */
type State =
  | { test: CharTest; next: number }
  | { at: 'start' | 'end' | 'anywhere'; next: readonly number[] }
  | null;

/** Thompson's: all states that a text may be in are followed at once, so that no text takes long. */
export class PatternAutomaton {
  readonly #states: State[] = [null];
  readonly #first: number;
  #added = 0;

  /** `inLine` tells the characters that may stand before the pattern, which begins the text or follows a dot. */
  constructor(
    node: Node,
    readonly inLine: CharTest,
  ) {
    this.#first = this.#add(node, 0);
  }

  /** The state from which a node leads to the state `next`. */
  #add(node: Node, next: number): number {
    if (++this.#added > mostAdded) throw new TooManyStates();
    switch (node.kind) {
      case 'char':
        return this.#push({ test: node.test, next });
      case 'start':
      case 'end':
        return this.#push({ at: node.kind, next: [next] });
      case 'sequence':
        return node.nodes.reduceRight((after, each) => this.#add(each, after), next);
      case 'choice':
        return this.#push({
          at: 'anywhere',
          next: node.nodes.map((each) => this.#add(each, next)),
        });
      case 'repeat':
        return this.#repeat(node, next);
    }
  }

  #repeat({ node, least, most }: Extract<Node, { kind: 'repeat' }>, next: number): number {
    let at = next;
    if (most === Infinity) {
      const ways: number[] = [];
      at = this.#push({ at: 'anywhere', next: ways });
      ways.push(this.#add(node, at), next);
    } else
      for (let k = least; k < most; k++)
        at = this.#push({ at: 'anywhere', next: [this.#add(node, at), next] });
    for (let k = 0; k < least; k++) at = this.#add(node, at);
    return at;
  }

  #push(state: State): number {
    return this.#states.push(state) - 1;
  }

  ends(chars: readonly string[], spend: (steps: number) => void): boolean {
    let current = new Set<number>();
    let isLine = true;
    for (let place = 0; place <= chars.length; place++) {
      const mayBegin = place === 0 || (isLine && chars[place - 1] === '.');
      const reached = this.#reach(
        mayBegin ? [...current, this.#first] : current,
        place,
        chars.length,
      );
      spend(1 + reached.size);
      if (place === chars.length) return reached.has(0);
      const char = chars[place]!;
      isLine &&= this.inLine(char);
      current = new Set();
      for (const id of reached) {
        const state = this.#states[id];
        if (state && 'test' in state && state.test(char)) current.add(state.next);
      }
    }
    return false;
  }

  /** These states and all that they lead to at once at a place of a text of this length. */
  #reach(from: Iterable<number>, place: number, length: number): Set<number> {
    const reached = new Set(from);
    // A set gives what is added to it while it is gone through.
    for (const id of reached) {
      const state = this.#states[id];
      if (!state || 'test' in state) continue;
      if (state.at === 'start' && place > 0) continue;
      if (state.at === 'end' && place < length) continue;
      for (const next of state.next) reached.add(next);
    }
    return reached;
  }
}
