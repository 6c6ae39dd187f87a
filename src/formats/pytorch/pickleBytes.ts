import { AppError, badFile } from '../../errors.ts';

/** Where a pickle lies, for messages. */
export interface PicklePlace {
  path: string;
  /** "data.pkl", or "the file". */
  part: string;
}

/** Cause of the error of a pickle that goes on past the bytes that were read. */
export const pickleEnd = Symbol('end of pickle');

/** A fault at byte `at` of a pickle, as a sentence without its end. */
export function faultAt({ path, part }: PicklePlace, at: number, fault: string): string {
  return `${path}: ${part} ${fault}, at byte ${at}`;
}

/** The fault of a malformed pickle, at byte `at` of it. */
export function badPickle(
  place: PicklePlace,
  at: number,
  fault: string,
  cause?: unknown,
): AppError {
  const remedy = 'Download the file again, or save it again with PyTorch.';
  return badFile(`${faultAt(place, at, fault)}. ${remedy}`, cause);
}

/** Reads numbers and runs of bytes one after the other; throws BadFile at the end. */
export class PickleBytes {
  at = 0;
  readonly #view: DataView;

  constructor(
    readonly place: PicklePlace,
    readonly bytes: Uint8Array<ArrayBuffer>,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u8 = (): number => this.#view.getUint8(this.#next(1));
  u16 = (): number => this.#view.getUint16(this.#next(2), true);
  u32 = (): number => this.#view.getUint32(this.#next(4), true);
  i32 = (): number => this.#view.getInt32(this.#next(4), true);
  f64 = (): number => this.#view.getFloat64(this.#next(8), false);

  /** A length of 8 bytes; any too large for the pickle is cut to what surely ends past it. */
  u64 = (): number => {
    const value = this.#view.getBigUint64(this.#next(8), true);
    return value > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Number(value);
  };

  take(count: number): Uint8Array<ArrayBuffer> {
    const start = this.#next(count);
    return this.bytes.subarray(start, start + count);
  }

  /** UTF-8 text of so many bytes. */
  text(count: number): string {
    const { at } = this;
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.take(count));
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw badPickle(this.place, at, 'has a text that is not UTF-8', error);
    }
  }

  /** Text up to the end of the line, which is passed. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) this.#next(this.bytes.length + 1 - this.at);
    const text = this.text(end - this.at);
    this.at++;
    return text;
  }

  #next(count: number): number {
    const start = this.at;
    const end = start + count;
    if (end > this.bytes.length) {
      const fault = `breaks off: ${count} bytes are needed and ${this.bytes.length - start} are there`;
      throw badPickle(this.place, start, fault, pickleEnd);
    }
    this.at = end;
    return start;
  }
}
