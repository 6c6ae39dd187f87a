import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tensors } from '../gpu/tensors.ts';
import {
  forward,
  lossAndGradients,
  segmentsOf,
  type ParameterSource,
} from '../models/blockwise.ts';
import { predict, type Outputs } from '../models/evaluate.ts';
import type { Examples } from '../models/task.ts';
import type { MetricName, TaskData } from '../recipe/recipe.ts';
import { openNodeTensors } from '../test/nodeTensors.ts';
import { findRows, picoModel, picoSource, promptedGolden } from '../test/promptedGoldens.ts';
import { askedFor, completeTask, type PreparedTask } from './preparedTask.ts';
import { prepareTask } from './prepareTask.ts';
import type { TaskModel } from './taskModel.ts';

interface AnswerCase {
  name: string;
  rows: object[];
  template: string | null;
  chat: string | null;
  made: {
    ids: number[];
    told: number[];
    loss: number;
    exact: boolean;
    text?: string;
    entropy?: { value: number; gradients: Record<string, number[]> };
  }[];
}

interface ChoiceSet extends Pick<TaskData, 'scoring'> {
  rows: object[];
  shown: object[] | null;
  demonstrations?: { count: number; seed: number };
  scores: { acc: number; acc_norm?: number; acc_bytes?: number };
  likelihoods: number[][];
}

const bytes = new Uint8Array(
  await readFile(new URL('./goldens/gpt2.safetensors', import.meta.url)),
);
const shots = { shots: 'all', seed: 0 } as const;
const { signal } = new AbortController();
const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);

const modelWith = (chat: string | null = null) =>
  picoModel(bytes, {
    ...(chat !== null && { 'chat_template.jinja': chat }),
    'tokenizer_config.json': JSON.stringify({
      bos_token: '<|endoftext|>',
      eos_token: { content: '<|endoftext|>' },
    }),
  });

const prepare = async (
  data: TaskData,
  rows: Readonly<Record<string, readonly object[]>>,
  model?: TaskModel,
) => prepareTask(model ?? (await modelWith()), data, findRows(rows), shots);

/** Ids and told marks of examples, without padding. */
async function inputsOf({ tf }: Tensors, examples: Examples) {
  const inputs: { ids: number[]; told: number[] }[] = [];
  for (let i = 0; i < examples.size; i++) {
    const batch = await examples.batch(tf, [i]);
    const [ids, types, attention] = await Promise.all(
      [batch.ids!, batch.types!, batch.attention!].map((tensor) => tensor.data()),
    );
    const length = sum(attention!);
    inputs.push({ ids: [...ids!.slice(0, length)], told: [...types!.slice(0, length)] });
    Object.values(batch).forEach((tensor) => tensor?.dispose());
  }
  return inputs;
}

describe('a language model', () => {
  let tensors: Tensors;
  beforeAll(async () => {
    tensors = await openNodeTensors();
  });
  afterAll(() => tensors.close());

  async function outputsOf(
    prepared: PreparedTask,
    model: TaskModel,
    metric: MetricName = 'perplexity',
  ): Promise<Outputs> {
    const task = askedFor(await completeTask(prepared, tensors, signal), metric);
    const source = picoSource(tensors, model);
    return predict(tensors, task, task.test!, source, signal).finally(() => source.close());
  }

  describe('with prompts and answers', () => {
    it.each(promptedGolden<AnswerCase[]>('answers'))(
      'reads, tells and scores $name as transformers does',
      async ({ name, rows, template, chat, made }) => {
        const model = await modelWith(chat);
        const data: TaskData = {
          ...{ train: 'rows.jsonl', test: 'rows.jsonl', kind: 'answers' },
          ...(template !== null && { template }),
        };
        const prepared = await prepare(data, { 'rows.jsonl': rows }, model);
        const wanted = made.map(({ ids, told }) => ({ ids, told }));
        expect(await inputsOf(tensors, prepared.test!)).toEqual(wanted);
        expect(await inputsOf(tensors, prepared.train!)).toEqual(wanted);
        expect(prepared.notes).toEqual([]);

        const told = made.map((each) => sum(each.told));
        const total = sum(made.map(({ loss }, i) => loss * told[i]!));
        const outputs = await outputsOf(prepared, model);
        const mean = Math.log(prepared.measure(outputs, 'perplexity'));
        expect(mean).toBeCloseTo(total / sum(told), 4);
        const likeliest = await outputsOf(prepared, model, 'exact');
        const exact = made.filter((each) => each.exact).length / made.length;
        expect(prepared.measure(likeliest, 'exact')).toBe(exact);
        expect(exact).toBe(name === 'greedy' ? 4 / 6 : 0);

        const { tf } = tensors;
        const { blocks } = await completeTask(prepared, tensors, signal);
        const source = picoSource(tensors, model);
        for (const [i, { loss }] of made.entries()) {
          const batch = await prepared.train!.batch(tf, [i]);
          const output = await forward(tf, blocks, batch, source);
          const value = tf.tidy(() => prepared.loss(tf, output, batch));
          expect((await value.data())[0]).toBeCloseTo(loss, 4);
          tf.dispose([value, output, ...Object.values(batch)]);
        }
        source.close();
      },
    );
  });

  it('is as unsure of the words at answers’ places as torch, with its gradients', async () => {
    const { rows, made } = promptedGolden<AnswerCase[]>('answers').find(
      ({ name }) => name === 'gsm8k',
    )!;
    const model = await modelWith();
    const data: TaskData = { train: 'rows.jsonl', kind: 'answers' };
    const prepared = await prepare(data, { 'rows.jsonl': rows }, model);
    const { tf } = tensors;
    const blocks = [...prepared.tower, prepared.entropy!];
    for (const [row, { entropy }] of made.entries()) {
      const reader = picoSource(tensors, model);
      const source: ParameterSource = {
        load: async (block) => ({
          ...(await reader.load(block)),
          trainable: block.tensors.map(({ info }) => info.name),
        }),
      };
      const found = new Map<string, number[]>();
      const batch = await prepared.train!.batch(tf, [row]);
      const segments = segmentsOf(blocks, false);
      const { loss } = await lossAndGradients(
        ...([tf, segments, prepared.loss, batch, source] as const),
        async (gradients) => {
          for (const [name, gradient] of gradients) {
            const perColumn = tf.tidy(() => (gradient.rank > 1 ? tf.sum(gradient, 0) : gradient));
            const before = found.get(name);
            const values = await perColumn.data();
            found.set(
              name,
              [...values].map((value, i) => value + (before?.[i] ?? 0)),
            );
            if (gradient.rank > 1) perColumn.dispose();
          }
        },
      );
      tf.dispose(Object.values(batch));
      reader.close();
      expect(loss).toBeCloseTo(entropy!.value, 4);
      for (const [name, wanted] of Object.entries(entropy!.gradients)) {
        const size = Math.max(...wanted.map(Math.abs));
        found
          .get(name)!
          .forEach((value, i) => expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-3 * size));
      }
    }
  });

  describe('with choices', () => {
    const sets = Object.entries(promptedGolden<Record<string, ChoiceSet>>('choices'));
    it.each(sets)('scores %s as lm-evaluation-harness does', async (name, set) => {
      const { rows, shown, scoring, demonstrations, scores, likelihoods } = set;
      const model = await modelWith();
      const templates: Partial<Record<string, string>> = {
        arc: 'Question: {text}\nAnswer:',
        arcShots: 'Question: {text}\nAnswer:',
        truthful1: 'truthfulqa',
        truthful2: 'truthfulqa',
        activities: 'hellaswag',
        causes: 'copa',
      };
      const template = templates[name];
      const data: TaskData = {
        ...{ test: 'rows.jsonl', kind: 'choices' },
        ...(name === 'truthful1' && { columns: { choices: ['mc1_targets'] } }),
        ...(template !== undefined && { template }),
        ...(scoring && { scoring }),
        ...(demonstrations && { demonstrations: { from: 'dev.jsonl', ...demonstrations } }),
      };
      const files = { 'rows.jsonl': rows, ...(shown && { 'dev.jsonl': shown }) };
      const prepared = await prepare(data, files, model);
      const outputs = await outputsOf(prepared, model);
      const inputs = await inputsOf(tensors, prepared.test!);
      const found = inputs.map(({ told }, row) => {
        const losses = outputs.values.subarray(row * outputs.width, (row + 1) * outputs.width);
        return -sum(told.slice(1).map((mark, at) => mark * losses[at]!));
      });
      const wanted = likelihoods.flat();
      expect(found).toHaveLength(wanted.length);
      found.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 3));
      if (name === 'truthful2') {
        expect(prepared.measure(outputs, 'mc2')).toBeCloseTo(scores.acc, 4);
        return;
      }
      const by = async (normalize: TaskData['normalize']) =>
        (await prepare({ ...data, ...(normalize && { normalize }) }, files, model)).measure(
          outputs,
          'accuracy',
        );
      expect(await by(undefined)).toBeCloseTo(scores.acc, 6);
      expect(await by('characters')).toBeCloseTo(scores.acc_norm!, 6);
      expect(await by('bytes')).toBeCloseTo(scores.acc_bytes!, 6);
    });
  });

  describe('with more text than it takes', () => {
    const long = Array.from({ length: 500 }, (_, i) => `word${i}`).join(' ');
    const only = async (data: TaskData, row: object, chat?: string) => {
      const model = await modelWith(chat);
      const prepared = await prepare({ train: 'a.jsonl', ...data }, { 'a.jsonl': [row] }, model);
      const [{ ids, told } = { ids: [], told: [] }] = await inputsOf(tensors, prepared.train!);
      const tokenizer = await model.tokenizer();
      const at = told.indexOf(1);
      return {
        prompt: tokenizer.decode(ids.slice(0, at)),
        answer: tokenizer.decode(ids.slice(at)),
        length: ids.length,
        notes: prepared.notes,
      };
    };

    it('cuts the beginning of the prompt’s own text, within its template', async () => {
      const data: TaskData = { kind: 'answers', template: 'Question: {text} ?\nAnswer:' };
      const got = await only(data, { question: long, answer: 'the answer' });
      expect(got.prompt).toMatch(/^Question: .*word498 word499 \?\nAnswer:$/);
      expect(got.answer).toBe(' the answer');
      expect(got.length).toBeGreaterThan(390);
      expect(got.length).toBeLessThanOrEqual(400);
      expect(got.notes).toEqual(['1 text is longer than 400 tokens: cut at the beginning.']);
    });

    it('cuts the longer of two texts', async () => {
      const row = { instruction: long, input: 'the input', output: 'out' };
      const { prompt } = await only({ kind: 'answers', template: 'alpaca' }, row);
      expect(prompt).toMatch(/^Below is an instruction.*word499\n\n### Input:\nthe input\n\n/s);
    });

    it('cuts an answer only where it is too long itself, and says so', async () => {
      const { length, answer, notes } = await only(
        { kind: 'answers' },
        { question: 'Q', answer: long },
      );
      expect(length).toBe(400);
      expect(answer.startsWith(' word0 word1 ')).toBe(true);
      expect(notes).toEqual(['1 answer is longer than 400 tokens: cut at the end.']);
    });

    it('keeps the last answer of a chat', async () => {
      const turn = (role: string, content: string) => ({ role, content });
      const messages = [
        ...[turn('user', long), turn('assistant', 'first')],
        ...[turn('user', 'then'), turn('assistant', 'last')],
      ];
      const chat =
        "{% for m in messages %}<|im_start|>{{ m['content'] }}{% endfor %}{% if add_generation_prompt %}<|im_start|>{% endif %}";
      const { answer, length } = await only({ kind: 'answers' }, { messages }, chat);
      expect(length).toBe(400);
      expect(answer.endsWith('last')).toBe(true);
    });
  });

  it('leaves prompts out that have no answer, as some of Alpaca’s, and chats', async () => {
    const asked = (instruction: string, output: string | null) => ({
      instruction,
      input: '',
      output,
    });
    const turn = (from: string, value: string) => ({ from, value });
    const sets: [TaskData, object[]][] = [
      [
        { template: 'alpaca' },
        [asked('a', 'b'), asked('c', ''), asked('d', null), asked('e', 'f')],
      ],
      [
        { template: 'chat' },
        [
          { conversations: [turn('human', 'a'), turn('gpt', 'b')] },
          { conversations: [] },
          { conversations: [turn('human', 'c')] },
          { conversations: [turn('human', 'e'), turn('gpt', 'f')] },
        ],
      ],
    ];
    const chat = "{% for m in messages %}{{ m['content'] }}{% endfor %}";
    for (const [data, rows] of sets) {
      const task: TaskData = { train: 'a.jsonl', test: 'a.jsonl', kind: 'answers', ...data };
      const { train, about, notes } = await prepare(
        task,
        { 'a.jsonl': rows },
        await modelWith(chat),
      );
      expect([train?.size, about.trainExamples]).toEqual([2, 2]);
      expect(notes).toEqual(['2 rows of a.jsonl have no answer and are left out, e.g. line 2.']);
    }
  });

  describe('refuses', () => {
    const ask = (data: TaskData, rows: object[], chat?: string) =>
      modelWith(chat).then((model) =>
        prepare({ train: 'a.jsonl', ...data }, { 'a.jsonl': rows, 'b.jsonl': rows }, model),
      );
    const chat = [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ];
    const question = { question: 'q', choices: ['a', 'b'], answer: 0 };

    it.each<[string, TaskData, object, RegExp]>([
      [
        'an unknown prompt',
        { kind: 'answers' },
        { a: 1, b: 2 },
        /No column is known as a prompt among "a", "b"/,
      ],
      ['no answer', { kind: 'answers' }, { question: 'q', answer: '' }, /Line 1 has no "answer"/],
      [
        'a template for label words',
        { kind: 'answers', template: '{text} It was{mask}' },
        { question: 'q', answer: 'a' },
        /has \{mask\}, and no place for the answer/,
      ],
      [
        'a field that is not known',
        { kind: 'answers', template: '{text} {question}' },
        { question: 'q', answer: 'a' },
        /unknown field \{question\}; known are \{text\}, \{text_b\}, \{answer\}/,
      ],
      [
        'chats without a template',
        { kind: 'answers' },
        { messages: chat },
        /pico came without a chat template/,
      ],
      [
        'chats in another template',
        { kind: 'answers', template: 'alpaca' },
        { messages: chat },
        /Line 1 is a chat, which the template "alpaca" cannot write/,
      ],
      [
        'a chat that nobody answers',
        { kind: 'answers', template: 'chat' },
        { messages: chat.slice(0, 1) },
        /Line 1 has a chat in which no assistant answers/,
      ],
      [
        'an answer that is none of the choices',
        { kind: 'choices' },
        { ...question, answer: 'c' },
        /Line 1 has no right answer \("c"\) among its 2 choices, "a", "b"/,
      ],
      [
        'one choice',
        { kind: 'choices' },
        { ...question, choices: ['a'] },
        /Line 1 has fewer than two choices/,
      ],
      [
        'secret answers',
        { kind: 'choices' },
        { ...question, answer: '-1' },
        /choose a split that has them/,
      ],
      [
        'too few demonstrations',
        { kind: 'choices', demonstrations: { from: 'b.jsonl', count: 2 } },
        question,
        /“b\.jsonl” has 0 questions beside the one that is asked, fewer than the 2/,
      ],
    ])('%s', async (_, data, row, message) => {
      await expect(ask(data, [row])).rejects.toThrow(message);
    });

    it('what a chat template refuses, with its words', async () => {
      const template = "{{ raise_exception('System role not supported') }}";
      await expect(ask({ kind: 'answers' }, [{ messages: chat }], template)).rejects.toThrow(
        /Line 1 is refused by the chat template: System role not supported\. Mend/,
      );
    });

    it('a chat template that is broken, and one that goes on for ever', async () => {
      const rows = [{ messages: chat }];
      await expect(ask({ kind: 'answers' }, rows, '{% if %}')).rejects.toThrow(
        /no Jinja that can be read/,
      );
      const endless =
        '{% for i in range(90000) %}{% for j in range(90000) %}{% endfor %}{% endfor %}';
      await expect(ask({ kind: 'answers' }, rows, endless)).rejects.toThrow(/too many steps/);
    }, 30_000);
  });
});
