import type { AppError } from '../errors.ts';
import { incompatible, shownJson } from '../errors.ts';

/** Values of config.json: each is believed where the tensors cannot tell, and checked where they can. */
export class Config {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  /** An object inside, or an empty config. */
  section(name: string): Config {
    const value = this.#values[name];
    return new Config(isRecord(value) ? value : {});
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined && this.#values[name] !== null;
  }

  /** The first of these keys that is set, of a list of equal sides its one value; throws Incompatible when it is no number. */
  number(keys: readonly string[], fallback: number): number {
    const key = keys.find((each) => this.has(each));
    const set: unknown = key === undefined ? fallback : this.#values[key];
    const value: unknown = Array.isArray(set) && new Set(set).size === 1 ? set[0] : set;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw contradiction(`${key ?? keys[0]} ${shownJson(value)}`, 'a number belongs there');
  }

  /** As `number`, of a key that must be set, or be set above 0. */
  positive(key: string, fallback = NaN): number {
    const value = this.number([key], fallback);
    if (value > 0) return value;
    throw contradiction(`${key} ${value}`, 'a number above 0 belongs there');
  }

  /** As `positive`; null where config.json says null, which is not to leave it out. */
  positiveOrNone(key: string, fallback: number | null): number | null {
    if (this.#values[key] === null || (fallback === null && !this.has(key))) return null;
    return this.positive(key, fallback ?? NaN);
  }

  /** So many numbers above 0; throws Incompatible when there is another list. */
  positives(key: string, count: number): number[] {
    const given: unknown = this.#values[key];
    const list: unknown[] = Array.isArray(given) ? given : [];
    const found = list.filter((each): each is number => typeof each === 'number' && each > 0);
    if (found.length === count && list.length === count && found.every(Number.isFinite))
      return found;
    throw contradiction(`${key} ${shownJson(given)}`, `${count} numbers above 0 belong there`);
  }

  /** One of these values for each of `count` layers; null when it is not set. Throws Incompatible when it is another list. */
  perLayer<T>(key: string, count: number, known: readonly T[]): readonly T[] | null {
    if (!this.has(key)) return null;
    const given: unknown = this.#values[key];
    const list: unknown[] = Array.isArray(given) ? given.slice(0, count) : [given];
    const found = list.flatMap((each) => known.filter((value) => value === each));
    if (found.length === count) return found;
    throw contradiction(
      `${key} ${shownJson(given)}`,
      `one of ${known.join(', ')} belongs there for each of ${count} layers`,
    );
  }

  text(key: string, fallback: string): string {
    const value = this.#values[key];
    return typeof value === 'string' ? value : fallback;
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.#values[key];
    return typeof value === 'boolean' ? value : fallback;
  }

  /** Throws Incompatible when a key is set to another value than the tensors have. */
  agree(sizes: Readonly<Record<string, number>>): void {
    for (const [key, met] of Object.entries(sizes)) {
      const said = this.number([key], met);
      if (said !== met) throw contradiction(`${key} ${said}`, `the tensors have ${met}`);
    }
  }

  /**
   * Number of attention heads of a model of this width. Without a config, head size 64 is taken, which all published
   * models of these families have but the largest; where 64 does not divide the width, the largest power of two that does.
   */
  heads(keys: readonly string[], width: number): number {
    let size = 64;
    while (width % size !== 0) size /= 2;
    const heads = this.number(keys, width / size);
    if (Number.isInteger(heads) && heads > 0 && width % heads === 0) return heads;
    const said = `${keys.find((key) => this.has(key))} ${heads}`;
    throw contradiction(said, `the tensors have width ${width}, which it does not divide`);
  }
}

function contradiction(said: string, met: string): AppError {
  return incompatible(
    `config.json says ${said}, but ${met}. Use the config.json that was saved with these weights, or leave it out.`,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
