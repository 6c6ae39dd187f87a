import type { TensorInfo } from '../tensor/tensorIndex.ts';
import type { SourceFile } from './source.ts';

/** What one weight file holds; the tensors lie in the order of their bytes. */
export interface WeightHeader {
  tensors: TensorInfo[];
  metadata: Record<string, string>;
  /** What is to be said of how it was read: sentences that name what was left out. */
  notes?: readonly string[];
  /** What tells this model apart where a file holds several, e.g. "g_ema"; absent of the one that goes by the file's name. */
  part?: string;
  /** The other models of the file. */
  others?: readonly WeightHeader[];
}

/** A kind of file: told by its first bytes, else by the ending of its name. */
export interface Format {
  /** Whether a file begins as this format does; `head` holds up to 512 bytes, `bytes` is its size, `path` in lower case. */
  matches?(head: Uint8Array, bytes: number, path: string): boolean;
  /** Endings that tell the format when no first bytes do, e.g. ".onnx". */
  endings?: readonly string[];
  /** A pattern of whole names that tells it in the same case. */
  named?: RegExp;
  /** How to open it; a format without is told apart only to be refused. */
  open?(source: SourceFile, file: number): Promise<WeightHeader>;
  /** Why it is refused, and the remedy. */
  refusal?(path: string): string;
  /** Such a file stands in place of one that opens. */
  isBad?: true;
  /** Such a file is not told of where weights are at hand. */
  isAside?: true;
}

/** Whether a file begins with these bytes, given as text of character codes below 256. */
export function beginsWith(head: Uint8Array, magic: string): boolean {
  return head.length >= magic.length && [...magic].every((c, at) => head[at] === c.charCodeAt(0));
}
