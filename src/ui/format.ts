const space = '\u00a0';

function scaled(value: number, step: number, units: readonly string[]): string {
  let rest = value;
  let unit = 0;
  while (Number(rest.toFixed(rest < 99.95 ? 1 : 0)) >= step && unit < units.length - 1) {
    rest /= step;
    unit++;
  }
  const digits = unit === 0 || rest >= 99.95 ? 0 : 1;
  const name = units[unit];
  return name ? `${rest.toFixed(digits)}${space}${name}` : rest.toFixed(digits);
}

/** Bytes in decimal units: "499 MB", "2.0 GB". */
export function formatBytes(bytes: number): string {
  return scaled(bytes, 1000, ['B', 'kB', 'MB', 'GB', 'TB']);
}

/** A count: "850", "85.1 M", "7.2 B". */
export function formatCount(count: number): string {
  return scaled(count, 1000, ['', 'k', 'M', 'B', 'T']);
}

/** A fraction in percent with one decimal; what is not quite 0 or 1 never reads as 0 or 100. */
export function formatPercent(fraction: number): string {
  const percent = fraction * 100;
  if (percent > 0 && percent < 0.05) return `< 0.1${space}%`;
  if (percent < 100 && percent >= 99.95) return `> 99.9${space}%`;
  return `${percent.toFixed(1)}${space}%`;
}

/** "340 MB/s" */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** A span of time in its two largest units: "8 s", "3 min 5 s", "1 h 5 min". */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.95) return `${Math.max(0.1, seconds).toFixed(1)}${space}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}${space}s`;
  const [large, small, names] =
    whole < 3600
      ? [Math.floor(whole / 60), whole % 60, ['min', 's']]
      : [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), ['h', 'min']];
  const head = `${large}${space}${names[0]}`;
  return small ? `${head} ${small}${space}${names[1]}` : head;
}

/** Time left in round steps that do not flicker: "about 2 min left"; empty while unknown. */
export function formatTimeLeft(seconds: number | null): string {
  if (seconds === null) return '';
  if (seconds < 3) return 'almost done';
  if (seconds < 60) return `about ${Math.ceil(seconds / 5) * 5}${space}s left`;
  if (seconds < 3600) return `about ${Math.ceil(seconds / 60)}${space}min left`;
  return `about ${(seconds / 3600).toFixed(1)}${space}h left`;
}

/** "768 × 3,072"; a scalar is named as one. */
export function formatShape(shape: readonly number[]): string {
  return shape.length ? shape.map((size) => size.toLocaleString('en')).join(' × ') : 'scalar';
}

/** Dtypes as on screen: "f32, i64". */
export function formatDtypes(dtypes: readonly string[]): string {
  return dtypes.map((dtype) => dtype.toLowerCase()).join(', ');
}

/** "22 Nov, 17:46", in this year; the year replaces the time in others. */
export function formatDate(time: number, now = Date.now()): string {
  const date = new Date(time);
  const day: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short' };
  return date.getFullYear() === new Date(now).getFullYear()
    ? date.toLocaleString('en-GB', { ...day, hour: '2-digit', minute: '2-digit' })
    : date.toLocaleDateString('en-GB', { ...day, year: 'numeric' });
}

/** "1 tensor", "12 tensors" */
export function formatPlural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

const lists = new Intl.ListFormat('en-GB');

/** "a", "a and b", "a, b and c" */
export const formatList = (items: readonly string[]) => lists.format(items);

/** "LoRA adapter, rank 16, for roberta-base". */
export function adapterFacts(adapter: { rank: number; base: string | null }): string {
  const of = adapter.base === null ? '' : `, for ${adapter.base}`;
  return `LoRA adapter, rank ${adapter.rank}${of}`;
}
