import { expect, it } from 'vitest';
import { guessAnswers } from '../data/answers.ts';
import { guessPrompted } from './guessPrompted.ts';

it.each([
  [['instruction', 'input', 'output'], { text: 'instruction', text_b: 'input', answer: 'output' }],
  [
    ['instruction', 'context', 'response', 'category'],
    { text: 'instruction', text_b: 'context', answer: 'response' },
  ],
  [['question', 'answer'], { text: 'question', answer: 'answer' }],
  [
    ['question', 'answer', 'passage'], // BoolQ
    { text: 'question', text_b: 'passage', answer: 'answer' },
  ],
  [['prompt', 'completion'], { text: 'prompt', answer: 'completion' }],
  [
    ['id', 'context', 'question', 'answers'],
    { text: 'question', text_b: 'context', answer: 'answers' },
  ],
  [['id', 'messages'], { text: 'messages' }],
  [['conversations', 'system'], { text: 'conversations' }],
  [['sentence', 'label'], null],
])('the columns of prompts and answers among %j are known', (columns, wanted) => {
  expect(guessAnswers(columns)).toEqual(wanted);
});

it.each([
  ['Alpaca', ['instruction', 'input', 'output'], {}, { kind: 'answers', template: 'alpaca' }],
  ['GSM8K', ['question', 'answer'], {}, { kind: 'answers' }],
  [
    'TruthfulQA',
    ['question', 'mc1_targets', 'mc2_targets'],
    {},
    { kind: 'choices', template: 'truthfulqa' },
  ],
  [
    'ARC',
    ['id', 'question', 'choices', 'answerKey'],
    {},
    { kind: 'choices', template: 'Question: {text}\nAnswer:', normalize: 'characters' },
  ],
  ['HellaSwag', ['ctx', 'endings', 'label'], {}, { kind: 'choices', normalize: 'characters' }],
  [
    'MMLU',
    ['question', 'subject', 'choices', 'answer'],
    { answer: '1' },
    { kind: 'choices', scoring: 'letter' },
  ],
  [
    'HellaSwag with its contexts',
    ['ind', 'activity_label', 'ctx_a', 'ctx_b', 'ctx', 'endings', 'label'],
    {},
    { kind: 'choices', template: 'hellaswag', normalize: 'characters' },
  ],
  [
    'COPA of SuperGLUE',
    ['premise', 'choice1', 'choice2', 'question', 'idx', 'label'],
    { label: '0' },
    { kind: 'choices', template: 'copa' },
  ],
  ['COPA', ['premise', 'choice1', 'choice2', 'label'], { label: '0' }, { kind: 'choices' }],
  ['SST-2', ['sentence', 'label'], {}, null],
])('%s is read as it is published', (_, columns, row, wanted) => {
  expect(guessPrompted(columns, [row])).toEqual(wanted);
});
