/** "0" … "n − 1" when all are whole numbers from 0 to 999, else the names in order. */
export function labelsOf(values: readonly string[]): string[] {
  const distinct = [...new Set(values)];
  if (!distinct.every((value) => /^\d{1,3}$/.test(value))) return distinct.sort();
  const most = distinct.reduce((max, value) => Math.max(max, Number(value)), 0);
  return Array.from({ length: most + 1 }, (_, at) => String(at));
}

/** A label as its class is called: whole numbers that were saved as floats, as pandas does beside empty cells, are whole. */
export const plainLabel = (label: string) => label.trim().replace(/^(-?\d{1,3})\.0+$/, '$1');
