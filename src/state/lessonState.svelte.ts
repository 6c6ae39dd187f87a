import { decoded, type Route } from './route.svelte.ts';

/** One parameter of a lesson as its link writes it; `read` gives null for text that is none. */
export interface LinkPart<T> {
  fallback: T;
  read(text: string): T | null;
  write(value: T): string;
}

/** The parameters of a lesson by name. */
export type LinkParts = Record<string, LinkPart<unknown>>;

export type PartValues<F extends LinkParts> = {
  [Name in keyof F]: F[Name] extends LinkPart<infer T> ? T : never;
};

function readNumber(text: string, min: number, max: number): number | null {
  const value = Number(text);
  return text.trim() && Number.isFinite(value) && value >= min && value <= max ? value : null;
}

/** A number from `min` to `max`, written with at most `digits` decimals. */
export function decimal(fallback: number, min: number, max: number, digits = 2): LinkPart<number> {
  return {
    fallback,
    read: (text) => readNumber(text, min, max),
    write: (value) => String(Number(value.toFixed(digits))),
  };
}

/** As many numbers as `fallback` holds, each from `min` to `max`: `0.4,0,-0.3`. */
export function decimals(
  fallback: readonly number[],
  min: number,
  max: number,
  digits = 2,
): LinkPart<readonly number[]> {
  const each = decimal(0, min, max, digits);
  return {
    fallback,
    read(text) {
      const values = text.split(',').flatMap((part) => each.read(part) ?? []);
      return values.length === fallback.length ? values : null;
    },
    write: (values) => values.map((value) => each.write(value)).join(','),
  };
}

/** One of the options; the first where the link names none. */
export function choice<T extends string>(options: readonly T[], fallback: T): LinkPart<T> {
  return {
    fallback,
    read: (text) => options.find((option) => option === text) ?? null,
    write: (value) => value,
  };
}

/** Some of the options, in their order: `digits,cars`. */
export function choices(
  options: readonly string[],
  fallback: readonly string[],
): LinkPart<readonly string[]> {
  return {
    fallback,
    read(text) {
      const named = text.split(',').map(decoded);
      return text === '' ? [] : options.filter((option) => named.includes(option));
    },
    write: (values) => values.map(encodeURIComponent).join(','),
  };
}

/** The parameters that a query names; its own fallback for each that it does not name, or not rightly. */
export function readValues<F extends LinkParts>(fields: F, query: string): PartValues<F> {
  const given = new URLSearchParams(query);
  const entries = Object.entries(fields).map(([name, field]) => {
    const text = given.get(name);
    return [name, (text === null ? null : field.read(text)) ?? field.fallback];
  });
  return Object.fromEntries(entries) as PartValues<F>;
}

/** The query with these parameters changed; those at their fallback are left out, those of others stay. */
export function writeValues<F extends LinkParts>(
  fields: F,
  query: string,
  changes: Partial<PartValues<F>>,
): string {
  const given = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    const field = fields[name];
    if (!field || value === undefined) continue;
    const text = field.write(value);
    if (text === field.write(field.fallback)) given.delete(name);
    else given.set(name, text);
  }
  return given.toString().replaceAll('%2C', ',');
}

/** The parameters of the lesson on screen: what its link says, until they are set, together or each by its name. */
export class LessonState<F extends LinkParts> {
  readonly values: PartValues<F> = $derived.by(
    () =>
      new Proxy(readValues(this.fields, this.route.at.query), {
        set: (_, name, value) => {
          this.set({ [name]: value } as Partial<PartValues<F>>);
          return true;
        },
      }),
  );

  constructor(
    readonly route: Route,
    readonly fields: F,
  ) {}

  set(changes: Partial<PartValues<F>>): void {
    this.route.keepQuery(writeValues(this.fields, this.route.at.query, changes));
  }
}
