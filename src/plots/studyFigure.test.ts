import { describe, expect, it } from 'vitest';
import type { Score } from '../api/results.ts';
import { csvText } from '../ui/table.ts';
import { spreadLabels } from './chart/labels.ts';
import {
  levelsOf,
  type MeasuredPoint,
  studyJson,
  studyLines,
  studyTable,
  type StudyView,
} from './studyFigure.ts';
import { studyNote, studyTitle } from './studyFindings.ts';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');
const score = (model: Score['model'], task: string, value: number): Score => ({
  ...{ model, task, metric: 'accuracy', value, n: 100 },
});
const point = (preset: string, value: number, a: number, b: number): MeasuredPoint => ({
  preset,
  value,
  scores: [
    ...[score('base', 'a', 0.5), score('base', 'b', 0.3)],
    ...[score('finetuned', 'a', 0.9), score('finetuned', 'b', 0.7)],
    ...[score('graft', 'a', a), score('graft', 'b', b)],
    ...[score('merged', 'a', a - 0.1), score('merged', 'b', b - 0.1)],
  ],
});
const localizers = [
  { id: 'scaled', label: 'Scaled' },
  { id: 'dataless', label: 'Largest changes' },
];
const view: StudyView = { axis: 'density', model: 'graft', metric: 'accuracy', task: null };
const tasks = ['a', 'b'];
const points = [
  point('dataless', 0.05, 0.5, 0.34),
  point('scaled', 0.2, 0.8, 0.6),
  point('scaled', 0.05, 0.6, 0.5),
];

describe('lines of a study', () => {
  it('hold the mean over tasks by rising x, localizers in their own order', () => {
    const lines = studyLines(points, localizers, view, tasks);
    expect(lines.map(({ label }) => label)).toEqual(['Scaled', 'Largest changes']);
    const [scaled] = lines;
    expect(scaled?.points.map(({ x }) => x)).toEqual([0.05, 0.2]);
    expect(scaled?.points[0]?.y).toBeCloseTo(0.55, 12);
    // Half of 95 %: 1.96·√(p(1−p)/100) each, of a mean of two: √(h₁² + h₂²)/2.
    expect(scaled?.points[0]?.half).toBeCloseTo(Math.hypot(0.09602, 0.098) / 2, 4);
  });

  it('hold one task where one is asked for, and the merge where it is', () => {
    const one = studyLines(points, localizers, { ...view, model: 'merged' }, ['b']);
    expect(one[0]?.points[1]?.y).toBeCloseTo(0.5, 12);
  });

  it('leave out a point that lacks a task, whose mean would be of other tasks', () => {
    const lacking = { ...points[1]!, scores: points[1]!.scores.filter(({ task }) => task === 'a') };
    const lines = studyLines([points[0]!, lacking], localizers, view, tasks);
    expect(lines.map(({ preset }) => preset)).toEqual(['dataless']);
  });

  it('are compared with the means of the base and of the fine-tuned models', () => {
    const levels = levelsOf(points, 'accuracy', tasks);
    expect(levels.map(({ label }) => label)).toEqual(['base', 'fine-tuned']);
    expect(levels[0]?.y).toBeCloseTo(0.4, 12);
    expect(levels[1]?.y).toBeCloseTo(0.8, 12);
  });
});

describe('title of a study', () => {
  it('compares where most lines have a point, next to the result’s own value', () => {
    const lines = studyLines(points, localizers, view, tasks);
    expect(plain(studyTitle(lines, view, 0.2))).toBe(
      'Grafted at 5 %, scaled reaches 55.0 %; largest changes 42.0 %',
    );
    const both = studyLines([...points, point('dataless', 0.2, 0.9, 0.9)], localizers, view, tasks);
    expect(plain(studyTitle(both, view, 0.15))).toBe(
      'Grafted at 20 %, largest changes reaches 90.0 %; scaled 70.0 %',
    );
  });

  it('says how one line runs', () => {
    const lines = studyLines(points.slice(1), localizers, view, ['a']);
    expect(plain(studyTitle(lines, { ...view, task: 'a' }, 0.05))).toBe(
      'Grafted accuracy on a rises from 60.0 % at 5 % to 80.0 % at 20 %',
    );
    const shots = [point('scaled', 8, 0.6, 0.5), point('scaled', 64, 0.5, 0.4)];
    const merged: StudyView = { ...view, axis: 'shots', model: 'merged' };
    expect(plain(studyTitle(studyLines(shots, localizers, merged, tasks), merged, 64))).toBe(
      'Merged accuracy falls from 45.0 % with 8 examples per class to 35.0 % with 64',
    );
  });

  it('has words before the first point, and notes for every view', () => {
    expect(studyTitle([], view, 0.1)).toBe('Grafted accuracy');
    expect(studyNote({ ...view, metric: 'perplexity' })).toMatch(/mean over tasks\. Densities/);
  });
});

describe('files of a study', () => {
  it('hold a row for each point and task, and the means', () => {
    const table = studyTable(points, localizers, view);
    expect(csvText(table).split('\r\n').slice(0, 4)).toEqual([
      'Localizer,Density,Task,Examples,Base,Fine-tuned,Graft,Merged',
      'Scaled,0.05,a,100,0.5,0.9,0.6,0.5',
      'Scaled,0.05,b,100,0.3,0.7,0.5,0.4',
      'Scaled,0.05,Mean,,0.4,0.8,0.55,0.45',
    ]);
    expect(table.rows).toHaveLength(9);
  });

  it('hold every score as it was measured', () => {
    const { varied, points: read } = studyJson(points, 'density');
    expect(varied).toBe('density');
    expect(read[0]).toEqual({ preset: 'dataless', density: 0.05, scores: points[0]?.scores });
  });
});

describe('labels at the ends of lines', () => {
  it('keep their order and their distance', () => {
    expect(spreadLabels([50, 10, 52], 14, 0, 100)).toEqual([50, 10, 64]);
    expect(spreadLabels([99, 98], 14, 0, 100)).toEqual([100, 86]);
    expect(spreadLabels([-5, 0], 14, 0, 100)).toEqual([0, 14]);
    expect(spreadLabels([], 14, 0, 100)).toEqual([]);
  });

  it('go beyond the end where there is no room, rather than over each other', () => {
    expect(spreadLabels([5, 5, 5], 14, 0, 20)).toEqual([0, 14, 28]);
  });
});
