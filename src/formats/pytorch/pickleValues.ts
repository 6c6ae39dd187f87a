import type { DType } from '../../tensor/dtype.ts';

/** What a pickle is made of; tuples, lists and sets are arrays. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | PickleDict
  | PickleName
  | PickleObject
  | PickleStorage
  | PickleTensor;

export type PickleDict = Map<PickleValue, PickleValue>;

/** A Python class or function by its name: never looked up, never called. */
export class PickleName {
  constructor(
    readonly module: string,
    readonly name: string,
    /** Byte of the pickle that names it. */
    readonly at: number,
  ) {}

  get full(): string {
    return `${this.module}.${this.name}`;
  }
}

/** How Python would make an object: as an instance of a class, by calling what it may be, or as a tensor by running code. */
export type Making = 'instance' | 'call' | 'tensor';

/** What Python would make by `maker`: an inert record of it. */
export class PickleObject {
  /** What would be its attributes. */
  state: PickleValue = null;

  constructor(
    readonly maker: PickleName,
    readonly args: PickleValue[],
    readonly making: Making,
    readonly at: number,
  ) {}
}

/** A run of `count` elements somewhere in the file; of bytes when it has no dtype. */
export class PickleStorage {
  constructor(
    readonly key: string,
    readonly dtype: DType | null,
    readonly count: number,
    readonly at: number,
  ) {}
}

/** A view of a storage; offset and strides count elements. Nothing of it is checked yet. */
export class PickleTensor {
  constructor(
    readonly storage: PickleStorage,
    readonly dtype: DType,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
    readonly at: number,
  ) {}
}

/** A value in few words, for messages. */
export function describeValue(value: PickleValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Map) return `a dict of ${value.size}`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value instanceof PickleName) return value.full;
  if (value instanceof PickleObject) return `an object of ${value.maker.full}`;
  if (value instanceof PickleStorage) return 'a storage';
  if (value instanceof PickleTensor) return `a tensor [${value.shape.join(', ')}]`;
  return value === null ? 'None' : String(value).slice(0, 60);
}
