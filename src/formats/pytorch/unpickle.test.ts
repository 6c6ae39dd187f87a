import { expect, it } from 'vitest';
import { openWeights } from '../recognize.ts';
import {
  bytesFrom,
  little,
  pickledDict,
  pickledTensor,
  refusalOf,
  torchZip,
} from '../../test/torchFiles.ts';

const storage = new Uint8Array(16);
/** A pickle of these opcodes in a file with a storage. */
const opcodes = (...parts: (string | number | Uint8Array)[]) =>
  torchZip(bytesFrom(0x80, 2, ...parts), { 0: storage });

const text = (value: string) => bytesFrom('X', little(value.length, 4), value);
const withTensor = (key: string, value: string | Uint8Array) =>
  torchZip(
    pickledDict([
      ['w', pickledTensor()],
      [key, value],
    ]),
    { 0: storage },
  );
/** A call of getattr, whose name is memorised as 8. */
const getattr = (module: string, name: string, member: string) =>
  bytesFrom('cbuiltins\ngetattr\nq', 8, `c${module}\n${name}\n`, text(member), 0x86, 'R');

/** What a pickle does, the pickle, and the message. */
const code: [string, Uint8Array<ArrayBuffer>, string][] = [
  [
    'calls os.system',
    opcodes('cos\nsystem\nX', little(2, 4), 'ls', 0x85, 'R.'),
    'Unsupported: m/x.bin: data.pkl names os.system, at byte 2, by which a pickle can run any command when Python loads it. Nothing of it was run here. Do not load the file; get the model as safetensors from a source you trust.',
  ],
  [
    'calls posix.system in the words of protocol 0',
    torchZip(bytesFrom("cposix\nsystem\n(S'ls'\ntR.")),
    'Unsupported: m/x.bin: data.pkl names posix.system, at byte 0, by which',
  ],
  [
    'hides builtins.eval between weights',
    torchZip(
      pickledDict([
        ['w', pickledTensor()],
        ['x', 'c__builtin__\neval\n(tR'],
      ]),
      { 0: storage },
    ),
    'data.pkl names __builtin__.eval, at byte ',
  ],
  [
    'calls os.system by an opcode that is not read',
    opcodes('(ios\nsystem\n.'),
    'BadFile: m/x.bin: data.pkl uses the opcode 0x69, which torch.save does not write, at byte 3.',
  ],
  [
    'names subprocess.Popen before an opcode that is not read',
    opcodes('csubprocess\nPopen\n', 0x82, 1, '.'),
    'data.pkl names subprocess.Popen, at byte 2, by which',
  ],
  [
    'reaches os.system through a module that imports os',
    withTensor('x', bytesFrom('ctorch.serialization\nos.system\nX', little(2, 4), 'ls', 0x85, 'R')),
    'data.pkl names torch.serialization.os.system, at byte ',
  ],
  [
    'reaches os.system by getattr',
    withTensor('x', bytesFrom(getattr('torch.serialization', 'os', 'system'), ')R')),
    'data.pkl names builtins.getattr, at byte ',
  ],
  [
    'reaches os.system by getattr of getattr',
    withTensor(
      'x',
      bytesFrom(
        'cbuiltins\ngetattr\n',
        getattr('torch', 'serialization', 'os'),
        text('system'),
        0x86,
        'R',
      ),
    ),
    'data.pkl names builtins.getattr, at byte ',
  ],
  [
    'uses getattr where it was harmless before',
    withTensor('x', bytesFrom(getattr('a', 'B', 'c'), 'q', 9, '0h', 8, '(tR')),
    'data.pkl names builtins.getattr, at byte ',
  ],
  [
    'makes weights by calling what getattr gives',
    withTensor('x', bytesFrom(getattr('torch._C', '_VariableFunctions', 'zeros'), ')R')),
    'data.pkl makes “x” by torch._C._VariableFunctions.zeros, at byte ',
  ],
  [
    'makes weights by a function of its own',
    withTensor('x', 'cmine\nthing\n)R'),
    'Unsupported: m/x.bin: data.pkl makes “x” by mine.thing, at byte ',
  ],
];

/** What a pickle holds beside its weights, and what is told of it. */
const beside: [string, string | Uint8Array, string[]][] = [
  [
    'an object of a class of its own',
    bytesFrom('cmine\nThing\n)', 0x81, '}b'),
    ['Left out of m/x.bin: x.', 'Named in m/x.bin and never touched: mine.Thing.'],
  ],
  [
    'a function that nothing calls',
    'cmine\nthing\n',
    ['Left out of m/x.bin: x.', 'Named in m/x.bin and never touched: mine.thing.'],
  ],
  [
    'the member of an enum, as Python 3.11 pickles it',
    getattr('mine', 'Mode', 'FAST'),
    ['Left out of m/x.bin: x.', 'Named in m/x.bin and never touched: mine.Mode.FAST.'],
  ],
  [
    'a range',
    bytesFrom('c__builtin__\nxrange\n(K', 0, 'K', 5, 'K', 1, 'tR'),
    ['Left out of m/x.bin: x.'],
  ],
];

/** Malformed pickles. */
const malformed: [string, Uint8Array<ArrayBuffer>, string][] = [
  [
    'an empty pickle',
    torchZip(bytesFrom()),
    'data.pkl breaks off: 1 bytes are needed and 0 are there, at byte 0',
  ],
  ['no end', opcodes('}'), 'breaks off: 1 bytes are needed and 0 are there, at byte 3'],
  ['nothing on its stack', opcodes('.'), 'takes a value from an empty stack, at byte 2'],
  ['an end of nothing', opcodes('t.'), 'ends a list of values that never began, at byte 2'],
  ['a text past its end', opcodes('X', little(999, 4), 'a.'), 'breaks off: 999 bytes are needed'],
  [
    'a text of 2^63 bytes',
    opcodes(0x8d, little(2n ** 63n, 8), '.'),
    'breaks off: 9007199254740991 bytes are needed',
  ],
  [
    'a text that is not UTF-8',
    opcodes('X', little(1, 4), 0xff, '.'),
    'has a text that is not UTF-8',
  ],
  [
    'a memo of 4 GB',
    opcodes('}r', little(0xffffffff, 4), '.'),
    'memorises value number 4294967295, over the cap of 4000000, at byte 3',
  ],
  [
    'a memo that is empty',
    opcodes('h', 7, '.'),
    'recalls value number 7, which was never memorised',
  ],
  [
    'names as long as memory',
    opcodes(
      'X',
      little(300, 4),
      'k'.repeat(300),
      'q',
      0,
      '0',
      '}h\x00'.repeat(50),
      '}s',
      's'.repeat(49),
      '.',
    ),
    'gives a value a name of over 10000 characters',
  ],
  [
    'deep nesting',
    opcodes('('.repeat(1001), '.'),
    'nests more than 1000 values in each other, at byte 1002',
  ],
  [
    'deep nesting of lists',
    opcodes(']'.repeat(100_001), '.'),
    'puts more than 100000 values on the stack, at byte 100002',
  ],
  [
    'deep nesting of dicts',
    opcodes(
      '}',
      bytesFrom('X', little(1, 4), 'a}')
        .reduce((s, b) => s + String.fromCharCode(b), '')
        .repeat(120),
      's'.repeat(120),
      '.',
    ),
    'nests dicts and modules over 100 deep, or in themselves',
  ],
  [
    'a dict within itself',
    opcodes('}q', 0, 'X', little(1, 4), 'ah', 0, 's.'),
    'nests dicts and modules over 100 deep, or in themselves',
  ],
  [
    'a bomb of dicts that hold one another twice',
    opcodes(
      '}q',
      0,
      ...Array.from({ length: 40 }, () => [
        '}(',
        'X',
        little(1, 4),
        'ah',
        0,
        'X',
        little(1, 4),
        'bh',
        0,
        'uq',
        0,
      ]).flat(),
      '.',
    ),
    'holds over 2000000 values, or some of them many times',
  ],
  [
    'a bomb of calls that copy one list',
    opcodes('](', 'N'.repeat(2000), 'eq', 0, 'cbuiltins\nlist\nh\0\x85R'.repeat(4001), '.'),
    'copies more than 8000000 values',
  ],
  [
    'a whole number of 255 bytes',
    opcodes(0x8a, 255, '\0'.repeat(255), '.'),
    'has a whole number of 255 bytes',
  ],
  ['a call of a number', opcodes('K', 1, ')R.'), 'calls 1, at byte 5'],
  ['items set on a number', opcodes('K', 1, 'K', 2, 'K', 3, 's.'), 'sets items of 1'],
  ['a key without a value', opcodes('}(K', 1, 'u.'), 'sets a key without a value'],
  ['a state set on a tensor', opcodes(pickledTensor(), '}b.'), 'sets the state of a tensor [4]'],
  [
    'the same name twice',
    torchZip(
      pickledDict([
        ['w', pickledTensor()],
        ['w', pickledTensor()],
      ]),
      { 0: storage },
    ),
    'sets the key "w" twice',
  ],
  ['a reference to a file', opcodes('X', little(1, 4), 'aQ.'), 'refers to "a" outside itself'],
];

it.each(code)('a pickle that %s is refused by name', async (_, bytes, message) => {
  expect(await refusalOf(bytes)).toContain(message);
});

it.each(beside)('beside %s the weights are read', async (_, value, notes) => {
  const blob = new Blob([withTensor('x', value)]);
  const opened = await openWeights({ path: 'm/x.bin', blob }, 0);
  expect(opened.tensors.map(({ name }) => name)).toEqual(['w']);
  expect(opened.notes).toEqual(notes);
});

it('a pickle with two names that are one when joined is refused', async () => {
  const bytes = torchZip(
    pickledDict([
      ['a.b', pickledTensor()],
      ['a', bytesFrom('}', text('b'), pickledTensor(), 's')],
    ]),
    { 0: storage },
  );
  expect(await refusalOf(bytes)).toBe(
    'Unsupported: m/x.bin holds two tensors "a.b", by keys that are one when joined. Rename one of them in Python and save the file again.',
  );
});

it.each(malformed)('a pickle with %s is refused', async (_, bytes, message) => {
  const told = await refusalOf(bytes);
  expect(told).toContain('BadFile: m/x.bin: data.pkl ');
  expect(told).toContain(message);
  expect(told).toContain('Download the file again, or save it again with PyTorch.');
});
