import { describe, expect, it } from 'vitest';
import type { Score } from '../api/results.ts';
import { cellText, csvText } from '../ui/table.ts';
import {
  allScoresTable,
  formatScore,
  scoreInterval,
  meanScore,
  metricsOf,
  normalised,
  scoresFinding,
  scoresTable,
  scoresTitle,
} from './scores.ts';

const plain = (text: string | null) => text?.replaceAll('\u00a0', ' ') ?? null;
const score = (model: Score['model'], task: string, value: number, n = 100): Score => ({
  ...{ model, task, metric: 'accuracy', value, n },
});
const scores = [
  score('base', 'a', 0.5),
  score('finetuned', 'a', 0.8),
  score('merged', 'a', 0.6),
  score('base', 'b', 0.25, 40),
  score('finetuned', 'b', 1, 40),
  score('merged', 'b', 0.95, 40),
];

describe('scores', () => {
  it('normalise each task by its fine-tuned model before the mean is taken', () => {
    expect(normalised(scores, 'accuracy')).toBeCloseTo((0.75 + 0.95) / 2, 12);
    expect(normalised(scores.slice(0, 1), 'accuracy')).toBeNull();
    const perplexity = scores
      .slice(1, 3)
      .map((each) => ({ ...each, metric: 'perplexity' as const }));
    expect(
      normalised(
        [
          { ...perplexity[0]!, value: 20 },
          { ...perplexity[1]!, value: 25 },
        ],
        'perplexity',
      ),
    ).toBe(0.8);
  });

  it('are told as a finding', () => {
    expect(plain(scoresFinding(scores, true))).toBe(
      'Stitching keeps 85.0 % of the fine-tuned accuracy',
    );
    expect(plain(scoresFinding(scores, false))).toMatch(/^Merging keeps/);
    expect(scoresFinding([], true)).toBeNull();
    expect(plain(scoresTitle(scores, 'accuracy'))).toBe(
      'Mean accuracy rises from 37.5 % in the base to 77.5 % merged',
    );
    expect(plain(scoresTitle(scores.slice(0, 3), 'accuracy'))).toBe(
      'Accuracy rises from 50.0 % in the base to 60.0 % merged',
    );
  });

  it('never call more than all of it kept', () => {
    const better = [score('finetuned', 'a', 0.8), score('merged', 'a', 0.9)];
    expect(plain(scoresFinding(better, true))).toBe(
      'Stitching reaches 112.5 % of the fine-tuned accuracy',
    );
  });

  it('tell no share where a fine-tuned model scores below the base, and name it', () => {
    const poor = [...scores, score('base', 'c', 0.6), score('finetuned', 'c', 0.2)];
    const all = [...poor, score('merged', 'c', 0.8)];
    // 0.8 / 0.2 would be four times "the fine-tuned accuracy".
    expect(normalised(all, 'accuracy')).toBeNull();
    expect(scoresFinding(all, true)).toBe(
      'Fine-tuned, c scores below the base, so that no share is told',
    );
    const told = all.map((each) => ({ ...each, metric: 'perplexity' as const }));
    expect(scoresFinding(told, true)).toBe(
      'Fine-tuned, a and b score below the base, so that no share is told',
    );
  });

  it('have an interval by the number of examples', () => {
    expect(scoreInterval(score('base', 'a', 0.5, 100))).toBeCloseTo(0.098, 12);
    expect(scoreInterval({ ...score('base', 'a', 0.5), metric: 'f1' })).toBe(0);
  });

  it('make a table with n, metric and means', () => {
    const { columns, rows } = scoresTable(scores, 'accuracy');
    expect(columns.map(({ label }) => label)).toEqual([
      ...['Task', 'Metric', 'Examples', 'base', 'fine-tuned', 'merged', 'merged ÷ fine-tuned'],
    ]);
    expect(rows[0]).toEqual(['a', 'accuracy', 100, 0.5, 0.8, 0.6, 0.6 / 0.8]);
    expect(rows[2]?.slice(0, 3)).toEqual(['Mean', 'accuracy', '']);
    expect(plain(cellText(rows[1]?.[6] ?? '', columns[6]!.kind))).toBe('95.0 %');
    expect(meanScore(scores, 'graft', 'accuracy')).toBeNull();
  });

  it('go out as CSV and JSON as they were measured', () => {
    expect(csvText(allScoresTable(scores.slice(0, 1)))).toBe(
      'model,task,metric,value,n\r\nbase,a,accuracy,0.5,100\r\n',
    );
  });

  it('name metrics in one order and numbers by their metric', () => {
    const mixed = [{ ...scores[0]!, metric: 'f1' as const }, scores[1]!];
    expect(metricsOf(mixed)).toEqual(['accuracy', 'f1']);
    expect(formatScore(21.3456, 'perplexity')).toBe('21.35');
  });
});
