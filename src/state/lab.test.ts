import { describe, expect, it, test } from 'vitest';
import { AppError, incompatible } from '../errors.ts';
import type { LabApi, LabInfo, LabInput, LabModel, LabScore } from '../api/lab.ts';
import type { Measured } from '../api/measured.ts';
import type { EngineApi } from '../api/engine.ts';
import { Beforehand } from './beforehand.ts';
import { Lab } from './lab.svelte.ts';
import { isOf } from './measuredDemo.ts';

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

describe('what was measured beforehand', () => {
  const task = { id: 'a', label: 'a', about: '', labels: ['x'], input: 'images' as const };
  const tests = { tests: 9, shots: 0, general: false };
  const known: LabInfo = { ...info, tasks: [{ ...task, ...tests }] };
  const measured: Measured = {
    ...{ files: {}, info: known, vectors: [], overlaps: [] },
    models: [{ model: sum(1), changed: 4, right: [[0, 7]] }],
  };
  const seven = [{ task: 0, right: 7, n: 9, of: 9 }];

  it('is told before the models are open, while all else waits for them, the newest of a slot alone', async () => {
    const asked: LabModel[] = [];
    const { lab, calls } = fake({
      open: async () => known,
      changed: async (model) => asked.push(model),
    });
    await lab.foresee(new Beforehand(measured, lab.engine.lab));
    expect(lab.info).toBe(known);
    expect(lab.ready).toBe(false);
    expect(await lab.score('s', sum(1), [0])).toEqual(seven);
    expect(lab.scores.get('s')).toMatchObject({ complete: true, beforehand: true });
    expect(await lab.remote.changed(sum(1))).toBe(4);
    const waiting = [2, 3].map((weight) => lab.score('s', sum(weight), [0]));
    const changed = lab.remote.changed(sum(2));
    await settled();
    expect([calls, asked]).toEqual([[], []]);
    await lab.open(input);
    await settled();
    expect(calls.map(({ model }) => model)).toEqual([sum(3)]);
    expect(await waiting[0]).toBeNull();
    expect(await changed).toBe(1);
    // What is known needs no model then either.
    expect(await lab.score('s', sum(1), [0])).toEqual(seven);
    expect(calls).toHaveLength(1);
    await lab.close();
  });

  it('stays where opening failed, and all else waits on', async () => {
    const { lab } = fake({ open: () => Promise.reject(incompatible('No network.')) });
    await lab.foresee(new Beforehand(measured, lab.engine.lab));
    const changed = lab.remote.changed(sum(2));
    await lab.open(input);
    expect(lab.status.at).toBe('failed');
    expect(await lab.score('s', sum(1), [0])).toEqual(seven);
    await lab.close();
    await expect(changed).rejects.toMatchObject({ kind: 'Cancelled' });
  });

  it('is dropped for other models than it is of', async () => {
    const { lab } = fake({ open: async () => ({ ...known, id: 'y' }) });
    await lab.foresee(new Beforehand(measured, lab.engine.lab));
    await lab.open(input);
    expect(lab.beforehand).toBeNull();
    expect(lab.info?.id).toBe('y');
  });
});

test('measurements are of a demo whose files are those listed, and no others', () => {
  const id = 'abcdef0123456789';
  const listed = { 'a/x': { id: `${id}00` }, 'measured.json': { id: 'z' } };
  expect(isOf({ files: { 'a/x': id } }, listed)).toBe(true);
  expect(isOf({ files: { 'a/x': 'abcdef0123456780' } }, listed)).toBe(false);
  expect(isOf({ files: {} }, listed)).toBe(false);
  expect(isOf({ files: { 'a/x': id, 'b/y': id } }, listed)).toBe(false);
  expect(isOf({ files: {} }, null)).toBe(false);
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
