/** Text that fits `width` px at 12 px, cut in the middle of long names, whose ends tell them apart. */
export function shorten(text: string, width: number): string {
  const room = Math.max(4, Math.floor(width / 6.6));
  if (text.length <= room) return text;
  const tail = Math.floor((room - 1) / 2);
  return `${text.slice(0, room - 1 - tail)}…${text.slice(text.length - tail)}`;
}
