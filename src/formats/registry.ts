import type { Format } from './format.ts';
import { pytorchPickle } from './pytorchPickle.ts';
import { pytorchZip } from './pytorchZip.ts';
import { refused } from './refused.ts';
import { safetensors } from './safetensors.ts';

const { unfinished, ...others } = refused;

/** Every kind of file that is told apart; no file is told as two of them, but one that is cut off for certain. */
export const formats = {
  ...{ unfinished, safetensors, pytorchZip, pytorchPickle },
  ...others,
} satisfies Record<string, Format>;
