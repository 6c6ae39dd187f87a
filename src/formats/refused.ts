import { beginsWith, type Format } from './format.ts';

/** Kinds of file that are told apart only to be refused, each with the reason and the remedy. */
export const refused = {
  emptyFile: {
    matches: (_, bytes) => bytes === 0,
    isBad: true,
    refusal: () => 'is empty: it has 0 bytes. Download or copy the file again.',
  },
  gitLfsPointer: {
    matches: (head) => beginsWith(head, 'version https://git-lfs'),
    isBad: true,
    refusal: () =>
      'is a Git LFS pointer, a note of a few lines in place of the weights. Download the real file: run "git lfs pull" in the folder, or use the download button on the model\'s page.',
  },
  gguf: {
    matches: (head) => ['GGUF', 'ggjt', 'ggml'].some((magic) => beginsWith(head, magic)),
    endings: ['.gguf', '.ggml'],
    refusal: () =>
      'is a GGUF file for llama.cpp, whose weights are mostly quantised. Use the safetensors of the same model, which its page usually offers beside it.',
  },
  hdf5: {
    matches: (head) => beginsWith(head, '\x89HDF\r\n\x1a\n'),
    endings: ['.h5', '.hdf5'],
    refusal: () =>
      "is an HDF5 file (Keras or TensorFlow), which Stitchwork does not read. Use the model's safetensors; transformers makes them by from_pretrained(folder, from_tf=True).save_pretrained(folder).",
  },
  gzip: {
    matches: (head) => beginsWith(head, '\x1f\x8b\x08'),
    endings: ['.gz', '.tgz'],
    refusal: () => 'is compressed with gzip. Unpack it first, then open what was inside.',
  },
  htmlPage: {
    matches: (head) =>
      /^\s*<(?:!doctype|html)/i.test(new TextDecoder().decode(head.subarray(0, 64))),
    endings: ['.html', '.htm'],
    refusal: () =>
      "is a web page, saved in place of the weights. Use the download button on the model's page, and log in there first if the model asks for it.",
  },
  tfjsModel: {
    matches(head) {
      const text = new TextDecoder().decode(head);
      return /^\s*\{/.test(text) && /"(?:modelTopology|weightsManifest)"/.test(text);
    },
    named: /^group\d+-shard\d+of\d+(?:\.bin)?$/,
    refusal: (path) =>
      `${path.endsWith('.json') ? 'describes' : 'holds weights of'} a TensorFlow.js model, which Stitchwork does not read. Use the safetensors of the model that it was converted from.`,
  },
  onnx: {
    endings: ['.onnx', '.onnx_data', '.ort'],
    refusal: () =>
      'is an ONNX graph, whose weights have lost their names. Use the safetensors of the model that it was exported from.',
  },
} satisfies Record<string, Format>;
