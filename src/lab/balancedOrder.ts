/** Examples in an order whose every first part holds the classes as evenly as they come: one of each class in turn. */
export function balancedOrder(labels: ArrayLike<number>): number[] {
  const seen: number[] = [];
  const places = Array.from({ length: labels.length }, (_, i) => {
    const label = labels[i] ?? 0;
    const turn = seen[label] ?? 0;
    seen[label] = turn + 1;
    return { i, label, turn };
  });
  return places.toSorted((a, b) => a.turn - b.turn || a.label - b.label).map(({ i }) => i);
}
