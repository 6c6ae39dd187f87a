import { expect, it } from 'vitest';
import type { ModelFit, Preflight, TensorPlan } from '../../api/preflight.ts';
import { summarizeDrop } from './droppedSummary.ts';

const base = {
  architecture: { id: 'roberta', label: 'RoBERTa' },
  parameters: 124_645_632,
  dtypes: ['F32' as const],
};
const fit = (name: string, refusal: string | null = null): ModelFit => ({
  name,
  matched: 10,
  prefix: null,
  renamed: [],
  missing: [],
  extra: [],
  rowsDiffer: [],
  shapeDiffers: [],
  dtypeDiffers: [],
  tied: [],
  refusal,
});
const kept = (name: string, reason: string): TensorPlan => ({
  name,
  dtype: 'F32',
  shape: [1],
  elements: 1,
  fate: 'copied',
  reason,
});
const preflight = (models: ModelFit[], tensors: TensorPlan[]): Preflight => ({
  base: 'base',
  architecture: base.architecture,
  parameters: { total: 1, scope: 1 },
  tensors,
  models,
  bytes: { inputs: 1, output: 1 },
  moreRows: false,
  remarks: [],
});
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

it('says what the base is, how many fine-tunes fit it and what stays as it was', () => {
  const tensors = [
    kept('wte', 'out of scope (embeddings)'),
    kept('wpe', 'out of scope (embeddings)'),
    kept('lm', 'out of scope (head)'),
    kept('x', 'missing in sst2'),
    kept('y', 'out of scope (excluded by h.*)'),
  ];
  const report = preflight([fit('a'), fit('b'), fit('c'), fit('d', 'another shape')], tensors);
  expect(plain(summarizeDrop(base, report))).toBe(
    'RoBERTa, 125 M, f32; 3 fine-tunes of it; embeddings and head stay as in the base',
  );
});

it('says so when nothing else was dropped, or the architecture is unknown', () => {
  expect(plain(summarizeDrop({ ...base, architecture: null }, null))).toBe(
    'Unknown architecture, 125 M, f32; no fine-tune of it yet',
  );
});
