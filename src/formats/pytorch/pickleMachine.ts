import type { Fail } from '../../errors.ts';
import { badPickle, type PickleBytes } from './pickleBytes.ts';
import {
  PickleName,
  PickleObject,
  PickleTensor,
  describeValue,
  type Making,
  type PickleDict,
  type PickleValue,
} from './pickleValues.ts';

/** What a pickle may take at most; real ones of thousands of tensors stay far below. */
export const pickleLimits = {
  /** Bytes of one pickle, which is read whole. */
  bytes: 64 * 2 ** 20,
  stack: 100_000,
  /** Depth of tuples, lists and dicts begun and not yet ended. */
  marks: 1000,
  memo: 4_000_000,
  /** Values pushed over all. */
  values: 8_000_000,
};

/** What names and references out of the pickle stand for. */
export interface PickleHost {
  /** The value of a call, or of an instance of a class; the callee is a name, and nothing of Python runs. */
  call(callee: PickleName, args: PickleValue[], at: number, making?: Making): PickleValue;
  /** The value of a persistent id, by which PyTorch refers to storages. */
  load(id: PickleValue, at: number): PickleValue;
  /** Told of every name met, and met again by recalling it. */
  meet(name: PickleName): void;
  /** Told of an opcode that is not read, before it is refused. */
  refuse(): void;
}

/** The stack, marks and memo of a pickle under way. */
export class PickleMachine {
  /** Where the opcode at work begins. */
  at = 0;
  readonly #stack: PickleValue[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #pushed = 0;

  constructor(
    readonly bytes: PickleBytes,
    readonly host: PickleHost,
  ) {}

  bad(fault: string, at = this.at) {
    return badPickle(this.bytes.place, at, fault);
  }

  push(value: PickleValue): void {
    if (this.#stack.length >= pickleLimits.stack)
      throw this.bad(`puts more than ${pickleLimits.stack} values on the stack`);
    if (++this.#pushed > pickleLimits.values)
      throw this.bad(`makes more than ${pickleLimits.values} values`);
    this.#stack.push(value);
  }

  pop(): PickleValue {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0))
      throw this.bad('takes a value from an empty stack');
    return this.#stack.pop() ?? null;
  }

  top(): PickleValue {
    const value = this.pop();
    this.#stack.push(value);
    return value;
  }

  mark(): void {
    if (this.#marks.length >= pickleLimits.marks)
      throw this.bad(`nests more than ${pickleLimits.marks} values in each other`);
    this.#marks.push(this.#stack.length);
  }

  /** The values pushed since the last mark, which is taken away. */
  popMark(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw this.bad('ends a list of values that never began');
    return this.#stack.splice(mark);
  }

  put(index: number): void {
    if (!(index >= 0 && index < pickleLimits.memo))
      throw this.bad(`memorises value number ${index}, over the cap of ${pickleLimits.memo}`);
    this.#memo.set(index, this.top());
  }

  memoize(): void {
    this.put(this.#memo.size);
  }

  get(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined)
      throw this.bad(`recalls value number ${index}, which was never memorised`);
    this.again(value);
  }

  /** Pushes a value that was pushed before. */
  again(value: PickleValue): void {
    if (value instanceof PickleName) this.host.meet(value);
    this.push(value);
  }

  name(module: PickleValue, name: PickleValue): void {
    if (typeof module !== 'string' || typeof name !== 'string')
      throw this.bad(`names a global by ${describeValue(module)} and ${describeValue(name)}`);
    const global = new PickleName(module, name, this.at);
    this.host.meet(global);
    this.push(global);
  }

  /** Calls the callee with the arguments on top of it. */
  call(making: Making = 'call'): void {
    const args = this.pop();
    const callee = this.pop();
    if (!(callee instanceof PickleName || callee instanceof PickleObject))
      throw this.bad(`calls ${describeValue(callee)}`);
    if (!Array.isArray(args))
      throw this.bad(`calls ${describeValue(callee)} with ${describeValue(args)}`);
    this.push(
      callee instanceof PickleName
        ? this.host.call(callee, args, this.at, making)
        : new PickleObject(callee.maker, args, 'call', this.at),
    );
  }

  setItems(items: readonly PickleValue[]): void {
    const target = this.top();
    if (items.length % 2) throw this.bad('sets a key without a value');
    if (target instanceof PickleObject) return;
    if (!(target instanceof Map)) throw this.bad(`sets items of ${describeValue(target)}`);
    addPairs(target, items, (fault) => this.bad(fault));
  }

  append(items: readonly PickleValue[]): void {
    const target = this.top();
    if (target instanceof PickleObject) return;
    if (!Array.isArray(target)) throw this.bad(`appends to ${describeValue(target)}`);
    for (const item of items) target.push(item);
  }

  /** Attributes of dicts (OrderedDict's _metadata) are of no use here, nor are those of a Parameter of PyTorch 0.1 to 0.3. */
  build(): void {
    const state = this.pop();
    const target = this.top();
    if (target instanceof PickleObject) target.state = state;
    else if (target instanceof PickleTensor ? !isParameterState(state) : !(target instanceof Map))
      throw this.bad(`sets the state of ${describeValue(target)}`);
  }
}

/** (requires_grad, volatile, hooks). */
function isParameterState(state: PickleValue): boolean {
  if (!Array.isArray(state) || state.length !== 3) return false;
  return typeof state[0] === 'boolean' && typeof state[1] === 'boolean';
}

/** Adds key, value, key, value …; throws what `fail` makes when a dict has a key already. */
export function addPairs(dict: PickleDict, items: readonly PickleValue[], fail: Fail): void {
  for (let i = 0; i < items.length; i += 2) {
    const key = items[i] ?? null;
    if (dict.has(key)) throw fail(`sets the key ${describeValue(key)} twice`);
    dict.set(key, items[i + 1] ?? null);
  }
}
