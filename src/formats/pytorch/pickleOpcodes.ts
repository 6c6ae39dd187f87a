import type { PickleMachine } from './pickleMachine.ts';
import type { PickleValue } from './pickleValues.ts';

type Step = (machine: PickleMachine) => void;

const latin1 = (bytes: Uint8Array) => new TextDecoder('latin1').decode(bytes);

/** A whole number of so many bytes, little-endian two's complement: a bigint when it is no safe number. */
function long(machine: PickleMachine, count: number): number | bigint {
  if (count > 64) throw machine.bad(`has a whole number of ${count} bytes`);
  let value = 0n;
  for (const byte of machine.bytes.take(count).toReversed()) value = (value << 8n) | BigInt(byte);
  const signed = BigInt.asIntN(8 * count, value);
  const number = Number(signed);
  return Number.isSafeInteger(number) ? number : signed;
}

function dictOf(machine: PickleMachine, items: PickleValue[]): void {
  machine.push(new Map());
  machine.setItems(items);
}

function popTuple(machine: PickleMachine, count: number): void {
  const items = Array.from({ length: count }, () => machine.pop());
  machine.push(items.reverse());
}

/** The quoted text of protocol 0. */
function quoted(machine: PickleMachine): string {
  return machine.bytes.line().replace(/^(["'])(.*)\1$/, '$2');
}

/** The text of a number of protocol 0; True and False are I01 and I00. */
function decimal(machine: PickleMachine): boolean | number | bigint {
  const text = machine.bytes.line();
  if (text === '00' || text === '01') return text === '01';
  const [, digits] = /^(-?\d{16,150})L?$/.exec(text) ?? [];
  if (digits !== undefined) return BigInt(digits);
  const value = Number(text.replace(/L$/, ''));
  if (Number.isNaN(value)) throw machine.bad(`has the number ${JSON.stringify(text.slice(0, 60))}`);
  return value;
}

/** By the character of the opcode's byte. */
const steps: Record<string, Step> = {
  '(': (m) => m.mark(),
  '0': (m) => void m.pop(),
  '1': (m) => void m.popMark(),
  '2': (m) => m.again(m.top()),
  N: (m) => m.push(null),
  J: (m) => m.push(m.bytes.i32()),
  K: (m) => m.push(m.bytes.u8()),
  M: (m) => m.push(m.bytes.u16()),
  G: (m) => m.push(m.bytes.f64()),
  I: (m) => m.push(decimal(m)),
  L: (m) => m.push(decimal(m)),
  F: (m) => m.push(decimal(m)),
  S: (m) => m.push(quoted(m)),
  V: (m) => m.push(m.bytes.line()),
  U: (m) => m.push(latin1(m.bytes.take(m.bytes.u8()))),
  T: (m) => m.push(latin1(m.bytes.take(m.bytes.u32()))),
  X: (m) => m.push(m.bytes.text(m.bytes.u32())),
  B: (m) => m.push(m.bytes.take(m.bytes.u32())),
  C: (m) => m.push(m.bytes.take(m.bytes.u8())),
  ']': (m) => m.push([]),
  ')': (m) => m.push([]),
  '}': (m) => m.push(new Map()),
  l: (m) => m.push(m.popMark()),
  t: (m) => m.push(m.popMark()),
  d: (m) => dictOf(m, m.popMark()),
  a: (m) => m.append([m.pop()]),
  e: (m) => m.append(m.popMark()),
  s: (m) => m.setItems([m.pop(), m.pop()].reverse()),
  u: (m) => m.setItems(m.popMark()),
  c: (m) => m.name(m.bytes.line(), m.bytes.line()),
  Q: (m) => m.push(m.host.load(m.pop(), m.at)),
  b: (m) => m.build(),
  q: (m) => m.put(m.bytes.u8()),
  r: (m) => m.put(m.bytes.u32()),
  p: (m) => m.put(Number(m.bytes.line())),
  h: (m) => m.get(m.bytes.u8()),
  j: (m) => m.get(m.bytes.u32()),
  g: (m) => m.get(Number(m.bytes.line())),
  R: (m) => m.call(),
  '\x80': (m) => void m.bytes.u8(),
  '\x81': (m) => m.call('instance'),
  '\x85': (m) => popTuple(m, 1),
  '\x86': (m) => popTuple(m, 2),
  '\x87': (m) => popTuple(m, 3),
  '\x88': (m) => m.push(true),
  '\x89': (m) => m.push(false),
  '\x8a': (m) => m.push(long(m, m.bytes.u8())),
  '\x8b': (m) => m.push(long(m, m.bytes.u32())),
  '\x8c': (m) => m.push(m.bytes.text(m.bytes.u8())),
  '\x8d': (m) => m.push(m.bytes.text(m.bytes.u64())),
  '\x8e': (m) => m.push(m.bytes.take(m.bytes.u64())),
  '\x8f': (m) => m.push([]),
  '\x90': (m) => m.append(m.popMark()),
  '\x91': (m) => m.push(m.popMark()),
  '\x92'(m) {
    m.pop();
    m.call('instance');
  },
  '\x93'(m) {
    const name = m.pop();
    m.name(m.pop(), name);
  },
  '\x94': (m) => m.memoize(),
  '\x95': (m) => void m.bytes.u64(),
  '\x96': (m) => m.push(m.bytes.take(m.bytes.u64())),
};

/** What each opcode of a pickle does; those that are absent are refused. */
export const opcodes: ReadonlyMap<number, Step> = new Map(
  Object.entries(steps).map(([letter, step]) => [letter.charCodeAt(0), step]),
);
