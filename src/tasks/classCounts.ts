/** Examples by class. */
export function countsOf(rows: readonly { label: number }[], labels: readonly string[]) {
  const counts = labels.map((label) => ({ label, examples: 0 }));
  for (const { label } of rows) counts[label]!.examples++;
  return counts;
}
