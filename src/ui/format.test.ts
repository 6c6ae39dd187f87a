import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDate,
  formatList,
  formatPercent,
  formatPlural,
  formatSeconds,
  formatShape,
  formatTimeLeft,
} from './format.ts';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('format', () => {
  it('writes bytes in decimal units, with a decimal below one hundred', () => {
    expect(
      [0, 512, 1000, 499_000_000, 1_996_000_000, 12_340_000].map(formatBytes).map(plain),
    ).toEqual(['0 B', '512 B', '1.0 kB', '499 MB', '2.0 GB', '12.3 MB']);
  });

  it('carries into the next unit when rounding reaches it', () => {
    expect([999, 999_499, 999_600, 99_960_000].map(formatBytes).map(plain)).toEqual([
      '999 B',
      '999 kB',
      '1.0 MB',
      '100 MB',
    ]);
  });

  it('writes counts with their scale', () => {
    expect([0, 850, 85_100_000, 124_645_632, 7_240_000_000].map(formatCount).map(plain)).toEqual([
      '0',
      '850',
      '85.1 M',
      '125 M',
      '7.2 B',
    ]);
  });

  it('never rounds a share to none or to all', () => {
    expect([0, 0.0001, 0.019, 0.9999, 1].map(formatPercent).map(plain)).toEqual([
      '0.0 %',
      '< 0.1 %',
      '1.9 %',
      '> 99.9 %',
      '100.0 %',
    ]);
  });

  it('writes spans of time in their two largest units', () => {
    expect([0.02, 8.25, 59.6, 185, 3600, 3905].map(formatSeconds).map(plain)).toEqual([
      '0.1 s',
      '8.3 s',
      '1 min',
      '3 min 5 s',
      '1 h',
      '1 h 5 min',
    ]);
  });

  it('rounds the time left upwards and is silent while it is unknown', () => {
    expect([null, 1, 12, 61, 5400].map(formatTimeLeft).map(plain)).toEqual([
      '',
      'almost done',
      'about 15 s left',
      'about 2 min left',
      'about 1.5 h left',
    ]);
  });

  it('writes shapes, plurals and lists', () => {
    expect(formatShape([768, 3072])).toBe('768 × 3,072');
    expect(formatShape([])).toBe('scalar');
    expect([1, 1200].map((n) => formatPlural(n, 'tensor'))).toEqual(['1 tensor', '1,200 tensors']);
    expect([[], ['a'], ['a', 'b', 'c']].map(formatList)).toEqual(['', 'a', 'a, b and c']);
  });

  it('shows the time of a date of this year and the year of others', () => {
    const now = new Date(2026, 10, 22, 18).getTime();
    expect(formatDate(new Date(2026, 10, 22, 17, 46).getTime(), now)).toBe('22 Nov, 17:46');
    expect(formatDate(new Date(2025, 0, 3).getTime(), now)).toBe('3 Jan 2025');
  });
});
