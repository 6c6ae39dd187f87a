import { formatPercent } from '../ui/format.ts';
import type { Table } from '../ui/table.ts';
import { count, share, text } from './columns.ts';
import { sum } from './numbers.ts';

/** Bytes of one task's patch, and of the fine-tuned file. */
export interface PatchSize {
  label: string;
  patch: number;
  whole: number;
}

/** What the sizes say: "A patch is 1.9 % of the size of its fine-tuned file", by the sums. */
export function patchSizesTitle(sizes: readonly PatchSize[]): string {
  const whole = sum(sizes, (size) => size.whole);
  if (!whole) return 'Size of the patches';
  const part = formatPercent(sum(sizes, ({ patch }) => patch) / whole);
  return `A patch is ${part} of the size of its fine-tuned file`;
}

export function patchSizesTable(sizes: readonly PatchSize[]): Table {
  return {
    columns: [text('Task'), count('Patch, bytes'), count('Fine-tuned file, bytes'), share('Share')],
    rows: sizes.map(({ label, patch, whole }) => [
      label,
      patch,
      whole,
      whole ? patch / whole : '–',
    ]),
  };
}
