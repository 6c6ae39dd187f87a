import { describe, expect, it } from 'vitest';
import { guessChoices } from './choices.ts';
import { choicesOf, guessColumns, readTable, readTextBlocks, rowsOf } from './dataset.ts';
import { goldenJson, goldenTokenizer } from '../test/dataGoldens.ts';
import { maxCellLength, maxColumns } from './table.ts';
import { openTokenizer } from './tokenizer.ts';
import { framesOf } from './frames.ts';
import type { Tokenizer } from './tokenizer.ts';

const read = (name: string, text: string, limit?: number) =>
  readTable(name, new Blob([text]), limit);
const bytes = (...values: number[]) => new Uint8Array(values);

describe('JSONL', () => {
  it('gives text cells by column, in order of appearance, with their lines', async () => {
    const table = await read(
      'a.jsonl',
      '\ufeff{"text":"a\\nb","label":1}\r\n\n{"label":0,"text":"","idx":7,"x":null,"l":[1,"é"]}',
    );
    expect(table).toEqual({
      columns: ['text', 'label', 'idx', 'l'],
      rows: [
        { text: 'a\nb', label: '1' },
        { label: '0', text: '', idx: '7', l: '[1,"é"]' },
      ],
      lines: [1, 3],
      skipped: [],
    });
  });

  it('skips and counts what is no object', async () => {
    const { rows, skipped } = await read('a.jsonl', '{"a":1}\n{"a":\n3\n{"a":2}\n');
    expect(rows).toEqual([{ a: '1' }, { a: '2' }]);
    expect(skipped.map(({ line }) => line)).toEqual([2, 3]);
  });

  it('reads a JSON list of objects too', async () => {
    expect((await read('a.json', '[{"a":"x"},{"a":"y"}]', 1)).rows).toEqual([{ a: 'x' }]);
  });

  it('reads a JSON list item by item, over the borders of pieces', async () => {
    const cell = (at: number) => `${'ü'.repeat(at % 40)}]},{["\\` + at;
    const items = Array.from({ length: 40_000 }, (_, at) => ({ text: cell(at), more: [[at], {}] }));
    const table = await read(
      'a.json',
      ` [ ${items.map((item) => JSON.stringify(item)).join(' ,\n')} ]\n`,
    );
    const wrong = table.rows.findIndex(
      (row, at) => row.text !== cell(at) || row.more !== `[[${at}],{}]`,
    );
    expect([table.rows.length, wrong, table.skipped]).toEqual([40_000, -1, []]);
    // The first rows are read of a list that never ends.
    const endless = `[${'{"a":1},'.repeat(300_000)}`;
    expect((await read('a.json', endless, 3)).rows).toHaveLength(3);
  });

  it.each([
    ['[{"a":1},]', /Item 2 of a\.json is not valid JSON/],
    ['[,{"a":1}]', /Item 1 of a\.json is not valid JSON/],
    ['[{"a":1} {"a":2}]', /Item 1 of a\.json is not valid JSON/],
    ['[{"a":1}', /^a\.json ends in the middle of its list\. Save it again/],
    ['[{"a":"1]', /ends in the middle of its list/],
    ['[{"a":1}} ', /closes its list with “}”/],
    ['[{"a":1}] x', /goes on after its list/],
    ['[{"a":1}][{"a":1}]', /goes on after its list/],
    ['[]', /^a\.json holds no rows/],
    [`[{"a":"${'x'.repeat(17e6)}"}]`, /has over 16000000 characters in item 1/],
  ])('refuses a JSON list that is none: %#', async (text, message) => {
    await expect(read('a.json', text)).rejects.toMatchObject({
      kind: 'BadFile',
      message: expect.stringMatching(message),
    });
  });

  it('keeps keys that name parts of objects', async () => {
    const { rows } = await read('a.jsonl', '{"__proto__":"x","constructor":"y"}');
    expect(Object.entries(rows[0]!)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  it('reads over the borders of pieces, characters cut in two', async () => {
    const lines = Array.from({ length: 30_000 }, (_, at) => ({
      text: `${at} ` + 'é😀'.repeat(20),
    }));
    const table = await read('a.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'));
    const wrong = lines.findIndex(({ text }, at) => table.rows[at]?.text !== text);
    expect([table.rows.length, wrong]).toEqual([30_000, -1]);
  });
});

describe('CSV and TSV', () => {
  it.each([
    ['a.csv', 'text,label\n"a, ""b""\nc",1\nd,0\n'],
    ['a.csv', 'text,label\r\n"a, ""b""\r\nc",1\r\nd,0'],
    ['a.csv', 'text;label\n"a, ""b""\nc";1\nd;0\n'],
  ])('%s %j: quotes hold separators, breaks and quotes', async (name, text) => {
    const { columns, rows, lines } = await read(name, text);
    expect(columns).toEqual(['text', 'label']);
    expect(rows).toEqual([
      { text: 'a, "b"\nc', label: '1' },
      { text: 'd', label: '0' },
    ]);
    expect(lines).toEqual([2, 4]);
  });

  it('quotes in TSV are text, as in GLUE', async () => {
    const { rows } = await read('a.tsv', 'sentence\tlabel\n"a" b "\t1\n"""q"" r"\t0\n');
    expect(rows.map(({ sentence }) => sentence)).toEqual(['"a" b "', '"q" r']);
  });

  it('skips and counts rows of another width', async () => {
    const { rows, skipped } = await read('a.csv', 'a,b\n1,2\n3\n4,5,6\n7,8\n');
    expect(rows).toHaveLength(2);
    expect(skipped).toEqual([
      { line: 3, why: 'has 1 cells where the first line has 2' },
      { line: 4, why: 'has 3 cells where the first line has 2' },
    ]);
  });

  it('takes one object with a chat, and lines of objects called JSON, as rows', async () => {
    const chat = '{"messages":[{"role":"user","content":"a"}]}';
    expect((await read('a.json', chat)).rows).toHaveLength(1);
    expect((await read('a.json', '{"data":[{"a":1}]}\n{"data":[]}\n')).rows).toHaveLength(2);
    expect((await read('a.json', '{"text":"a","tags":{"0":1}}')).rows).toHaveLength(1);
  });

  it('a limit is a preview', async () => {
    expect((await read('a.csv', 'a,b\n' + '1,2\n'.repeat(99), 20)).rows).toHaveLength(20);
  });

  it('reads over the borders of pieces', async () => {
    const cell = (at: number) => `${at}, "x"\n` + 'ü'.repeat(at % 50);
    const text = Array.from(
      { length: 30_000 },
      (_, at) => `"${cell(at).replaceAll('"', '""')}",${at % 2}\r\n`,
    );
    const table = await read('a.csv', 'text,label\r\n' + text.join(''));
    const wrong = table.rows.findIndex((row, at) => row.text !== cell(at));
    expect([table.rows.length, wrong, table.lines.at(-1)]).toEqual([30_000, -1, 60_000]);
  });
});

describe('bad data', () => {
  const tooDeep = 'nests too many lists or objects in each other';

  it.each([
    ['a.xlsx', 'x', /a\.xlsx is no data file.*\.csv, \.tsv/],
    ['a.csv', 'text,label\n', /holds no rows/],
    ['a.jsonl', 'hello\n', /holds no rows: line 1 is not valid JSON/],
    ['a.csv', 'a,a\n1,2\n', /column "a" twice in line 1/],
    [
      'a.json',
      '{"version":"1","data":[{"text":"a"},{"text":"b"}]}',
      /^a\.json is one JSON object, .* Save what is under "data" as a file of its own\.$/,
    ],
    [
      'a.json',
      JSON.stringify({ train: [{ text: 'a' }], test: [{ text: 'b' }] }, null, 2),
      /under "train" and "test"/,
    ],
    ['a.json', '{"text":{"0":"a","1":"b"},"label":{"0":0,"1":1}}', /pandas.*orient="records"/],
    ['a.csv', 'text,label\n"abc,1\nd,0\n', /Quoted field unterminated, in line 2/],
  ])('%s %j is refused', async (name, text, message) => {
    await expect(read(name, text)).rejects.toThrow(message);
  });

  it('what nests too deep to be told is skipped', async () => {
    const deep = `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    for (const [name, text] of [
      ['a.jsonl', `${deep}\n{"a":1}`],
      ['a.json', `[${deep},{"a":1}]`],
    ] as const) {
      const { rows, skipped } = await read(name, text);
      expect([rows, skipped]).toEqual([[{ a: '1' }], [{ line: 1, why: tooDeep }]]);
    }
  });

  it('a first line of many cells is read, and its columns told apart', async () => {
    const names = Array.from({ length: maxColumns - 1 }, (_, at) => `c${at}`);
    const cells = names.join(',');
    expect((await read('a.csv', `${cells}\n${cells}`)).columns).toEqual(names);
    await expect(read('a.csv', `${cells},c7\n`)).rejects.toThrow(/the column "c7" twice/);
  });

  it('more columns than any data have are refused', async () => {
    const names = Array.from({ length: 200_000 }, (_, at) => `c${at}`);
    await expect(read('a.csv', names.join(','))).rejects.toThrow(
      /^a\.csv has 200000 columns, more than the 10000/,
    );
    const rows = names.slice(0, 10_002).map((name) => JSON.stringify({ [name]: 1 }));
    await expect(read('a.jsonl', rows.join('\n'))).rejects.toThrow(/10001 columns/);
  });

  it('a message about something long is cut, and keeps its remedy', async () => {
    const names = Array.from({ length: 5000 }, (_, at) => `column${at}`);
    const table = await read('a.csv', `${names.join(',')}\n${names.join(',')}`);
    const said = () => rowsOf(table, { text: 'gone', label: 'gone' }, null);
    expect(said).toThrow(
      /^The data has no column "gone"; it has "column0", .* … .* Choose one of these\.$/s,
    );
    expect(said).toThrow(expect.objectContaining({ message: expect.stringMatching(/^.{3000}$/s) }));
  });

  it('too many lines that are no rows end the reading', async () => {
    await expect(read('a.jsonl', 'x\n'.repeat(10_001))).rejects.toThrow(/more than 10000 lines/);
  });

  it('a line over the limit is told as such, and a quote that never ends', async () => {
    const long = 'x '.repeat(9e6);
    await expect(read('a.csv', `text,label\na,1\n${long},1\nb,0\n`)).rejects.toThrow(
      /^a\.csv has over 16000000 characters in line 3\. Put each example on a line of its own\.$/,
    );
    await expect(read('a.csv', `text,label\n"a\n${long}`)).rejects.toThrow(
      /^a\.csv has a quoted cell without an end, in line 2\./,
    );
  });

  it('a cell over the limit names column and line', async () => {
    const text = JSON.stringify({ t: 'x'.repeat(maxCellLength + 1) });
    await expect(read('a.jsonl', `{"t":"a"}\n${text}`)).rejects.toThrow(
      /1000001 characters in the column "t" of line 2/,
    );
  });

  it.each([
    [[...new TextEncoder().encode('ab\ncd'), 0xff, 0x41], /0xff in line 2, at byte 5/],
    [[0x61, 0x0a, 0xc3, 0x28], /0x28 in line 2, at byte 3/],
    [[0x61, 0xe2, 0x82], /not valid UTF-8/],
  ])('bytes that are not UTF-8: line and byte', async (values, message) => {
    await expect(readTable('a.jsonl', new Blob([bytes(...values)]))).rejects.toThrow(message);
  });

  it('finds a wrong byte deep in a large file', async () => {
    const blob = new Blob(['\u00a0\n'.repeat(700_000), bytes(0xe9), 'x\n']);
    await expect(readTable('a.jsonl', blob)).rejects.toThrow(/in line 700001, at byte 2100001/);
  });
});

describe('columns', () => {
  it.each([
    [['sentence', 'label', 'idx'], { text: 'sentence', label: 'label' }],
    [
      ['sentence1', 'sentence2', 'label'],
      { text: 'sentence1', text_b: 'sentence2', label: 'label' },
    ],
    [['premise', 'hypothesis', 'label'], { text: 'premise', text_b: 'hypothesis', label: 'label' }],
    [['question', 'sentence', 'label'], { text: 'question', text_b: 'sentence', label: 'label' }],
    [
      ['question1', 'question2', 'is_duplicate'],
      { text: 'question1', text_b: 'question2', label: 'is_duplicate' },
    ],
    [
      ['Quality', '#1 ID', '#2 ID', '#1 String', '#2 String'],
      { text: '#1 String', text_b: '#2 String', label: 'Quality' },
    ],
    [['text', 'coarse_label'], { text: 'text', label: 'coarse_label' }],
    [['review', 'sentiment'], { text: 'review', label: 'sentiment' }],
    [['index', 'sentence'], { text: 'sentence' }],
    [['question', 'mc1_targets', 'mc2_targets'], { text: 'question', choices: ['mc2_targets'] }],
  ])('%j are recognised', (columns, map) => {
    expect(guessColumns(columns)).toEqual(map);
  });
});

describe('rows', () => {
  const table = (labels: string[]) =>
    read('a.jsonl', labels.map((label) => JSON.stringify({ text: 'x', label })).join('\n'));
  const columns = { text: 'text', label: 'label' };

  it('take numbers from 0 or names as labels', async () => {
    const named = rowsOf(await table(['pos', 'neg', 'pos']), columns, null);
    expect(named.labels).toEqual(['neg', 'pos']);
    expect(named.rows.map(({ label }) => label)).toEqual([1, 0, 1]);
    expect(rowsOf(await table(['10', '2']), columns, null).labels).toHaveLength(11);
    const given = rowsOf(await table(['1', 'bad', '0']), columns, ['bad', 'good']);
    expect(given.rows.map(({ label }) => label)).toEqual([1, 0, 0]);
  });

  it('pair two texts', async () => {
    const data = await read('a.csv', 'a,b,c\nx,y,0\n');
    expect(rowsOf(data, { text: 'a', text_b: 'b', label: 'c' }, null).rows).toEqual([
      { text: 'x', text_b: 'y', label: 0 },
    ]);
  });

  it('refuse unknown columns, labels and missing texts, with line and remedy', async () => {
    const data = await table(['good', 'fine']);
    expect(() => rowsOf(data, { text: 'txt', label: 'label' }, null)).toThrow(
      /no column "txt"; it has "text", "label"/,
    );
    expect(() => rowsOf(data, { text: 'text' }, null)).toThrow(/No column is chosen as label/);
    expect(() => rowsOf(data, columns, ['bad', 'good'])).toThrow(
      /Line 2 has the label "fine", which is none of "bad", "good"/,
    );
    const hidden = await table(['-1']);
    expect(() => rowsOf(hidden, columns, ['bad', 'good'])).toThrow(/kept secret/);
    const gaps = await read('a.jsonl', '{"text":"a","label":0}\n{"label":1}');
    expect(() => rowsOf(gaps, columns, null)).toThrow(/Line 2 has no "text"/);
  });

  it('do not take what every object has for a cell', async () => {
    const data = await read('a.jsonl', '{"constructor":"a","label":0}\n{"label":1}');
    const missing = /Line 2 has no "constructor"/;
    expect(() => rowsOf(data, { text: 'constructor', label: 'label' }, null)).toThrow(missing);
    expect(() => rowsOf(data, { text: 'label', label: 'constructor' }, null)).toThrow(missing);
  });
});

describe('multiple choice', () => {
  it("takes TruthfulQA's targets, lists with indices, letters and one column per choice", async () => {
    const targets = { question: 'q', mc2_targets: { choices: ['a', 'b', 'c'], labels: [1, 0, 1] } };
    const truthful = await read('a.jsonl', JSON.stringify(targets));
    const wanted = { text: 'q', choices: ['a', 'b', 'c'], answers: [0, 2] };
    expect(choicesOf(truthful, guessColumns(truthful.columns))).toEqual([wanted]);
    const listed = await read('a.jsonl', '{"text":"q","choices":["a","b","c"],"answers":[0,2]}');
    expect(choicesOf(listed, guessColumns(listed.columns))).toEqual([wanted]);
    const apart = await read('a.csv', 'q,A,B,answer\nwhich,x,y,B\n');
    const columns = { text: 'q', choices: ['A', 'B'], answer: 'answer' };
    expect(choicesOf(apart, columns)).toEqual([
      { text: 'which', choices: ['x', 'y'], answers: [1] },
    ]);
  });

  it('takes ARC’s letters and digits, MMLU’s index, HellaSwag’s endings and COPA’s columns', async () => {
    const read1 = async (name: string, text: string) => {
      const table = await read(name, text);
      return choicesOf(table, guessChoices(table.columns)!);
    };
    const arc = (label: string[], answerKey: string) =>
      JSON.stringify({ question: 'q', choices: { text: ['a', 'b', 'c'], label }, answerKey });
    const [letters, digits] = [arc(['A', 'B', 'C'], 'B'), arc(['1', '2', '3'], '3')];
    expect(await read1('arc.jsonl', `${letters}\n${digits}`)).toEqual([
      { text: 'q', choices: ['a', 'b', 'c'], answers: [1] },
      { text: 'q', choices: ['a', 'b', 'c'], answers: [2] },
    ]);
    const stem = {
      question: 'q',
      choices: [
        { text: 'a', label: 'x' },
        { text: 'b', label: 'y' },
      ],
      answerKey: 'y',
    };
    expect((await read1('a.jsonl', JSON.stringify(stem)))[0]).toMatchObject({ answers: [1] });
    const mmlu = { question: 'q', subject: 's', choices: ['a', 'b', 'c', 'd'], answer: 3 };
    expect((await read1('a.jsonl', JSON.stringify(mmlu)))[0]).toMatchObject({ answers: [3] });
    const swag = { ind: 4, ctx: 'They', endings: ['a', 'b'], label: '1' };
    expect(await read1('a.jsonl', JSON.stringify(swag))).toEqual([
      { text: 'They', choices: ['a', 'b'], answers: [1] },
    ]);
    const copa = 'premise,choice1,choice2,question,label\np,a,b,cause,1\n';
    expect(await read1('copa.csv', copa)).toEqual([
      { text: 'p', choices: ['a', 'b'], answers: [1] },
    ]);
    const counted = 'sentence,option1,option2,answer\np,a,b,2\nq,a,b,1\n';
    expect((await read1('w.csv', counted)).map(({ answers }) => answers)).toEqual([[1], [0]]);
    const lettered = 'question,A,B,C,D,answer\nq,a,b,c,d,C\n';
    expect((await read1('m.csv', lettered))[0]).toMatchObject({ answers: [2] });
  });

  it('takes the files of ARC, MMLU and TruthfulQA as their authors publish them', async () => {
    const rowsOf = async (name: string, text: string) => {
      const table = await read(name, text);
      return choicesOf(table, guessChoices(table.columns)!);
    };
    const choices = ['x', 'y', 'z'].map((text, i) => ({ text, label: 'ABC'[i] }));
    const arc = { id: 'M1', question: { stem: 'Which?', choices }, answerKey: 'C' };
    expect(await rowsOf('ARC-Easy-Train.jsonl', JSON.stringify(arc))).toEqual([
      { text: 'Which?', choices: ['x', 'y', 'z'], answers: [2] },
    ]);
    const mmlu = '"Find it, for 1.",0,4,2,6,B\nWhich?,no,"a, b",8,9,A\n';
    expect(await rowsOf('abstract_algebra_test.csv', mmlu)).toEqual([
      { text: 'Find it, for 1.', choices: ['0', '4', '2', '6'], answers: [1] },
      { text: 'Which?', choices: ['no', 'a, b', '8', '9'], answers: [0] },
    ]);
    const mc = {
      question: 'What?',
      mc1_targets: { p: 1, q: 0 },
      mc2_targets: { q: 0, p: 1, r: 1 },
    };
    expect(await rowsOf('mc_task.json', JSON.stringify([mc]))).toEqual([
      { text: 'What?', choices: ['q', 'p', 'r'], answers: [1, 2] },
    ]);
  });

  it('is no other table', () => {
    for (const columns of [
      ['text', 'label'],
      ['question', 'answer'],
      ['question', 'context'],
      ['a', 'b', 'c'],
    ])
      expect(guessChoices(columns)).toBeNull();
  });

  it('refuses questions without choices or right answer', async () => {
    const columns = { text: 'text', choices: ['choices'], answer: 'answer' };
    const of = async (line: object) =>
      choicesOf(await read('a.jsonl', JSON.stringify(line)), columns);
    await expect(of({ text: 'q', choices: ['a'], answer: 0 })).rejects.toThrow(
      /Line 1.*two choices/,
    );
    await expect(of({ text: 'q', choices: ['a', 'b'], answer: 2 })).rejects.toThrow(
      /no right answer/,
    );
    for (const answer of [{ toString: 1, valueOf: 1 }, [{ toString: 1, valueOf: 1 }]])
      await expect(of({ text: 'q', choices: ['a', 'b'], answer })).rejects.toThrow(
        /Line 1 has no right answer/,
      );
  });

  it('refuses choices that nest too deep', async () => {
    const deep = `"${'['.repeat(20_000)}${']'.repeat(20_000)}",1`;
    const table = await read('a.csv', `choices,answer\n${deep}\n`);
    expect(() =>
      choicesOf(table, { text: 'choices', choices: ['choices'], answer: 'answer' }),
    ).toThrow(/Line 2 has fewer than two choices/);
  });

  it('takes choices that are objects by their JSON', async () => {
    const table = await read('a.jsonl', '{"q":"x","choices":[{"toString":1},2],"answer":1}');
    expect(choicesOf(table, { text: 'q', choices: ['choices'], answer: 'answer' })).toEqual([
      { text: 'x', choices: ['{"toString":1}', '2'], answers: [1] },
    ]);
  });
});

describe('text blocks', () => {
  const letters: Tokenizer = {
    encode: (text) => [...text].map((letter) => letter.codePointAt(0)!),
    encodeMarked: () => [],
    ...framesOf(null),
    decode: () => '',
    special: { cls: null, sep: null, mask: null, pad: 0, unk: null, bos: null, eos: null },
    size: 200,
  };

  it('are cut in order; the last one falls away', async () => {
    expect(await readTextBlocks(new Blob(['abcdefg']), letters, 3)).toEqual([
      [97, 98, 99],
      [100, 101, 102],
    ]);
  });

  it('lose nothing between pieces', async () => {
    const text = 'line of text\n\nanother\n'.repeat(20_000);
    const blocks = await readTextBlocks(new Blob([text]), letters, 16);
    const joined = blocks.map((block) => String.fromCodePoint(...block)).join('');
    expect(joined === text.slice(0, joined.length) && text.length - joined.length < 16).toBe(true);
  });

  it.each(['gpt2', 'llama3', 'qwen2', 'smollm', 'llama2', 'mistral', 'gemma'])(
    'are the tokens %s has of the whole text, although it is read in pieces',
    async (name) => {
      const { encode, ...rest } = await openTokenizer(goldenTokenizer(name), null);
      const strings = goldenJson<string[]>('strings.json').filter((text) => text.length < 300);
      const ends = ['\n', '\n\n', ' \n ', '\n\t', '\n\n\n'];
      const text = Array.from(
        { length: 8000 },
        (_, at) => strings[at % strings.length]! + ends[at % 5]!,
      );
      const whole = encode(text.join(''));
      let pieces = 0;
      const counting: Tokenizer = {
        ...rest,
        encode: (...given) => (pieces++, encode(...given)),
      };
      const blocks = await readTextBlocks(new Blob(text), counting, 10);
      expect(pieces).toBeGreaterThan(1);
      expect(blocks.flat().findIndex((id, at) => id !== whole[at])).toBe(-1);
      expect(whole.length - blocks.length * 10).toBeLessThan(10);
    },
  );

  it('refuse a text shorter than one block', async () => {
    await expect(readTextBlocks(new Blob(['abc']), letters, 8)).rejects.toThrow(/3 tokens, fewer/);
  });
});
