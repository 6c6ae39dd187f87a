/** Longer reads go straight to storage: there a read costs as much as this many bytes. */
const longestShort = 2 ** 18;

/** Bytes read ahead at first, and at most. */
const [firstAhead, mostAhead] = [2 ** 16, 2 ** 20];

type Read = (start: number, end: number) => Promise<Uint8Array<ArrayBuffer>>;

/**
 * Reads bytes [start, end) of a file of `size` bytes. Short reads that follow each other closely take from one read of 64 KiB, then of
 * four times the last, up to 1 MiB, so that thousands of small tensors cost few reads; what fails ahead or comes short is read
 * alone.
 */
export function readAhead(read: Read, size: number): Read {
  let held = { start: 0, end: 0, bytes: Promise.resolve(new Uint8Array()) };
  let last = { end: Infinity, ahead: 0 };
  return async (start, end) => {
    if (end - start > longestShort) return read(start, end);
    if (!(held.start <= start && end <= held.end)) {
      const follows = last.end <= start && start <= last.end + firstAhead;
      const ahead = follows ? Math.min(mostAhead, Math.max(firstAhead, 4 * last.ahead)) : 0;
      const to = Math.min(size, Math.max(end, start + ahead));
      last = { ...last, ahead };
      held = { start, end: to, bytes: read(start, to) };
    }
    last = { ...last, end };
    const { start: from, end: to, bytes } = held;
    const whole = await bytes.catch(() => null);
    return whole?.length === to - from ? whole.slice(start - from, end - from) : read(start, end);
  };
}
