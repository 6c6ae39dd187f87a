/** Width of a letter at 12 px, as room for labels is reckoned. */
export const letterWidth = 6.8;

/** Width of a column of labels with 16 px beside the longest, at most `most`. */
export function labelRoom(
  labelled: readonly { label: string }[],
  most: number,
  letter = letterWidth,
): number {
  return Math.min(most, 16 + letter * Math.max(4, ...labelled.map(({ label }) => label.length)));
}

/** Text that fits `width` px at 12 px, cut in the middle of long names, whose ends tell them apart. */
export function shorten(text: string, width: number): string {
  const room = Math.max(4, Math.floor(width / 6.6));
  if (text.length <= room) return text;
  const tail = Math.floor((room - 1) / 2);
  return `${text.slice(0, room - 1 - tail)}…${text.slice(text.length - tail)}`;
}

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
