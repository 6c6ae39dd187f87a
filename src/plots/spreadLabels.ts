/** Heights moved apart until neighbours are `gap` px apart, inside `top` … `bottom` while there is room; their order stays. */
export function spreadLabels(
  heights: readonly number[],
  gap: number,
  top: number,
  bottom: number,
): number[] {
  const order = heights.map((at, i) => ({ at: Math.max(top, at), i })).sort((a, b) => a.at - b.at);
  order.forEach((each, k) => {
    const above = order[k - 1];
    if (above) each.at = Math.max(each.at, above.at + gap);
  });
  let floor = Math.max(bottom, top + gap * (order.length - 1));
  for (const each of order.toReversed()) {
    each.at = Math.min(each.at, floor);
    floor = each.at - gap;
  }
  const moved = [...heights];
  for (const { at, i } of order) moved[i] = at;
  return moved;
}
