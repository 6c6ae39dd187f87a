import type { MetricName } from '../recipe/recipe.ts';
import type { Column } from '../ui/table.ts';

export const text = (label: string): Column => ({ label, kind: 'text' });
export const count = (label: string): Column => ({ label, kind: 'count' });
export const share = (label: string): Column => ({ label, kind: 'share' });
export const number = (label: string): Column => ({ label, kind: 'number' });

/** Columns of scores by a metric. */
export const scoreColumn = (metric: MetricName) => (metric === 'perplexity' ? number : share);
