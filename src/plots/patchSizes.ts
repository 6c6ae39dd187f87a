import { formatPercent } from '../ui/format.ts';
import type { Table } from '../ui/table.ts';

/** Bytes of one task's patch, and of the fine-tuned file. */
export interface PatchSize {
  label: string;
  patch: number;
  whole: number;
}

/** What the sizes say: "A patch is 1.9 % of the size of its fine-tuned file", by the sums. */
export function patchSizesTitle(sizes: readonly PatchSize[]): string {
  const sum = (of: (size: PatchSize) => number) =>
    sizes.reduce((total, size) => total + of(size), 0);
  const whole = sum((size) => size.whole);
  if (!whole) return 'Size of the patches';
  const share = formatPercent(sum(({ patch }) => patch) / whole);
  return `A patch is ${share} of the size of its fine-tuned file`;
}

export function patchSizesTable(sizes: readonly PatchSize[]): Table {
  return {
    columns: [
      { label: 'Task', kind: 'text' },
      { label: 'Patch, bytes', kind: 'count' },
      { label: 'Fine-tuned file, bytes', kind: 'count' },
      { label: 'Share', kind: 'share' },
    ],
    rows: sizes.map(({ label, patch, whole }) => [
      label,
      patch,
      whole,
      whole ? patch / whole : '–',
    ]),
  };
}
