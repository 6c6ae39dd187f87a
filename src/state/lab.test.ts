import { describe, expect, it } from 'vitest';
import { AppError, incompatible } from '../errors.ts';
import type { LabApi, LabInfo, LabInput, LabModel, LabScore } from '../api/lab.ts';
import type { EngineApi } from '../api/engine.ts';
import { Lab } from './lab.svelte.ts';

const input: LabInput = {
  recipe: {
    ...{ merge_method: 'linear', base_model: 'base', models: [{ model: 'a' }] },
    ...{ dtype: 'float32', out_dtype: 'base' },
  },
};
const info = { id: 'x', tasks: [] as LabInfo['tasks'] } as LabInfo;
const sum = (weight: number): LabModel => ({ kind: 'sum', weights: [weight] });
const scoresOf = (n: number): LabScore[] => [{ task: 0, right: 1, n, of: 9 }];
const settled = () => new Promise((resolve) => setTimeout(resolve));

interface Call {
  model: LabModel;
  report(scores: LabScore[]): void;
  done(scores: LabScore[]): void;
  fail(error: AppError): void;
}

/** A stand-in for the worker whose scores are told by the test; a newer request cancels the older. */
function fake(lab: Partial<LabApi> = {}) {
  const calls: Call[] = [];
  const api: Partial<LabApi> = {
    open: async () => info,
    close: async () => undefined,
    stop: async () => undefined,
    found: async () => [],
    score: (_, model, __, report) =>
      new Promise((done, fail) => {
        calls.at(-1)?.fail(new AppError('Cancelled', 'Cancelled.'));
        calls.push({ model, report, done, fail });
      }),
    ...lab,
  };
  const engine: Partial<EngineApi> = { lab: api as LabApi, cancel: async () => undefined };
  return { lab: new Lab(engine as EngineApi), calls };
}

describe('scores of a slot', () => {
  it('wait for the first part of the one before, and of those that wait the newest goes on', async () => {
    const { lab, calls } = fake();
    const results = [1, 2, 3].map((weight) => lab.score('s', sum(weight), [0]));
    expect(calls.map(({ model }) => model)).toEqual([sum(1)]);
    expect(await results[1]).toBeNull();
    calls[0]!.report(scoresOf(3));
    expect(lab.scores.get('s')).toMatchObject({ model: sum(1), complete: false });
    expect(calls.map(({ model }) => model)).toEqual([sum(1), sum(3)]);
    expect(await results[0]).toBeNull();
    calls[1]!.done(scoresOf(9));
    expect(await results[2]).toEqual(scoresOf(9));
    expect(lab.scores.get('s')).toMatchObject({ model: sum(3), complete: true, error: null });
  });

  it('are taken over at once where the first part was told', async () => {
    const { lab, calls } = fake();
    const older = lab.score('s', sum(1), [0]);
    calls[0]!.report(scoresOf(3));
    void lab.score('s', sum(2), [0]);
    expect(await older).toBeNull();
    calls[0]!.report(scoresOf(6));
    expect(lab.scores.get('s')?.scores).toEqual(scoresOf(3));
    calls[1]!.report(scoresOf(4));
    expect(lab.scores.get('s')).toMatchObject({ model: sum(2), scores: scoresOf(4) });
  });

  it('go on with what waits when the one before ends without a part', async () => {
    const { lab, calls } = fake();
    void lab.score('s', sum(1), [0]);
    void lab.score('s', sum(2), [0]);
    calls[0]!.done(scoresOf(9));
    await settled();
    expect(calls.map(({ model }) => model)).toEqual([sum(1), sum(2)]);
  });

  it('tell an error, and are forgotten by a reset', async () => {
    const { lab, calls } = fake();
    const failed = lab.score('s', sum(1), [0]);
    calls[0]!.fail(new AppError('DeviceLost', 'The GPU stopped.'));
    expect(await failed).toBeNull();
    expect(lab.scores.get('s')?.error?.message).toBe('The GPU stopped.');
    void lab.score('t', sum(2), [0]);
    lab.reset();
    calls[1]!.report(scoresOf(3));
    expect(lab.scores.size).toBe(0);
  });
});

describe('opening', () => {
  it('tells progress, then what is open', async () => {
    const { lab } = fake();
    const opening = lab.open(input);
    expect(await opening).toBe(info);
    expect(lab.info).toBe(info);
    expect(lab.status).toEqual({ at: 'ready', info, input });
    await lab.close();
    expect(lab.status).toEqual({ at: 'idle' });
  });

  it('is of what was asked for last', async () => {
    const waiting: ((info: LabInfo) => void)[] = [];
    const { lab } = fake({ open: () => new Promise((done) => waiting.push(done)) });
    const older = lab.open(input);
    const newer = lab.open(input);
    expect(lab.status.at).toBe('loading');
    await settled();
    waiting[0]!({ ...info, id: 'old' });
    expect(await older).toBeNull();
    waiting[1]!({ ...info, id: 'new' });
    expect((await newer)?.id).toBe('new');
    expect(lab.info?.id).toBe('new');
  });

  it('tells why it failed', async () => {
    const open = () => Promise.reject(incompatible('No test data.'));
    const { lab } = fake({ open });
    expect(await lab.open(input)).toBeNull();
    expect(lab.status).toMatchObject({ at: 'failed', error: { message: 'No test data.' } });
  });
});
