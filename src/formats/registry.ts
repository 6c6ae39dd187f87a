import { emptyFile } from './emptyFile.ts';
import type { Format } from './format.ts';
import { gguf } from './gguf.ts';
import { gitLfsPointer } from './gitLfsPointer.ts';
import { gzip } from './gzip.ts';
import { hdf5 } from './hdf5.ts';
import { htmlPage } from './htmlPage.ts';
import { onnx } from './onnx.ts';
import { pytorchPickle } from './pytorchPickle.ts';
import { pytorchZip } from './pytorchZip.ts';
import { safetensors } from './safetensors.ts';
import { tfjsModel } from './tfjsModel.ts';

/** Every kind of file that is told apart, in the order they are asked. */
export const formats = {
  emptyFile,
  safetensors,
  gitLfsPointer,
  pytorchZip,
  pytorchPickle,
  gguf,
  hdf5,
  gzip,
  htmlPage,
  tfjsModel,
  onnx,
} satisfies Record<string, Format>;
