import type { Format } from './format.ts';
import { pytorchPickle } from './pytorchPickle.ts';
import { pytorchZip } from './pytorchZip.ts';
import { refused } from './refused.ts';
import { safetensors } from './safetensors.ts';

/** Every kind of file that is told apart; no file is told as two of them. */
export const formats = { safetensors, pytorchZip, pytorchPickle, ...refused } satisfies Record<
  string,
  Format
>;
