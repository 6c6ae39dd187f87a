import { convertArrays } from './convertWithPython.ts';
import { nameOf } from './fileRoles.ts';
import { beginsWith, type Format } from './format.ts';

const weightEndings = /\.(?:bin|pth?|ckpt|pkl|pickle|safetensors|model|weights)$/;

const latin1 = (head: Uint8Array) => new TextDecoder('latin1').decode(head);

const toHex = (head: Uint8Array) =>
  Array.from(head, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Kinds of file that are told apart only to be refused, each with the reason and the remedy. */
export const refused = {
  unfinished: {
    matches: (_, __, path) => /\.(?:crdownload|part|partial|incomplete|download|aria2)$/.test(path),
    isBad: true,
    refusal: () =>
      'is a download that has not finished. Let it go on, or start it again, then open the file that it becomes.',
  },
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
    matches: (head) =>
      ['GGUF', 'tjgg', 'lmgg', 'fmgg', 'algg'].some((magic) => beginsWith(head, magic)),
    endings: ['.gguf', '.ggml'],
    refusal: () =>
      'is a GGUF file for llama.cpp, whose weights are mostly quantised. Use the safetensors of the same model, which its page usually offers beside it.',
  },
  hdf5: {
    matches: (head) => beginsWith(head, '\x89HDF\r\n\x1a\n'),
    endings: ['.h5', '.hdf5'],
    refusal: (path) =>
      `is an HDF5 file of Keras or TensorFlow, which Stitchwork does not read. ${
        nameOf(path) === 'tf_model.h5'
          ? "Use the model's safetensors; transformers 4 makes them by from_pretrained(folder, from_tf=True).save_pretrained(folder). Or write"
          : 'Write'
      } its arrays by their own names as safetensors: ${convertArrays(path, 'hdf5')}`,
  },
  gzip: {
    matches: (head) => beginsWith(head, '\x1f\x8b\x08'),
    endings: ['.gz', '.tgz'],
    refusal: () => 'is compressed with gzip. Unpack it first, then open what was inside.',
  },
  tarArchive: {
    matches: (head) => latin1(head.subarray(257, 262)) === 'ustar',
    endings: ['.nemo'],
    isAside: true,
    refusal: (path) =>
      `is a tar archive${path.endsWith('.nemo') ? ' of NeMo' : ''}. Unpack it first (tar -xf), then open what was inside.`,
  },
  otherArchive: {
    matches: (head) =>
      ['7z\xbc\xaf', 'Rar!', '\xfd7zXZ', 'BZh', '\x28\xb5\x2f\xfd'].some((magic) =>
        beginsWith(head, magic),
      ),
    isAside: true,
    refusal: () => 'is a compressed archive. Unpack it first, then open what was inside.',
  },
  numpyArray: {
    matches: (head) => beginsWith(head, '\x93NUMPY'),
    isAside: true,
    refusal: () =>
      'is one array of NumPy without a name. Save arrays by name with safetensors.numpy.save_file.',
  },
  table: {
    matches: (head) => ['PAR1', 'ARROW1', 'FEA1'].some((magic) => beginsWith(head, magic)),
    isAside: true,
    refusal: () => 'is a table (Parquet or Arrow), and no weights.',
  },
  tiff: {
    matches: (head) => ['II*\0', 'MM\0*'].some((magic) => beginsWith(head, magic)),
    isAside: true,
    refusal: () => 'is a TIFF image, which browsers do not read. Save the images as PNG or JPEG.',
  },
  tensorFlowCheckpoint: {
    // A table whose first key is empty; its value states shards and version, or (version 1) saved slices.
    matches: (head, _, path) =>
      beginsWith(head, 'model_checkpoint_path:') ||
      /^0000(?:[0-3].|40)08..(?:100[01])?1a020801/.test(toHex(head)) ||
      (weightEndings.test(path) && /^0000(?:[89a-f].){0,4}[0-7].0a/.test(toHex(head))),
    named:
      /\.ckpt(?:-\d+)?\.(?:index|meta|data-\d{5}-of-\d{5})$|^variables\.(?:index|data-\d{5}-of-\d{5})$|^ckpt-\d+\.(?:index|data-\d{5}-of-\d{5})$/,
    refusal: () =>
      "is part of a TensorFlow checkpoint, which Stitchwork does not read. Use the model's safetensors. Or, in Python, tf.train.load_checkpoint gives its tensors by name; save them with safetensors.numpy.save_file.",
  },
  tensorFlowGraph: {
    endings: ['.pb', '.pbtxt', '.tflite'],
    matches: (head) => latin1(head.subarray(4, 8)) === 'TFL3',
    isAside: true,
    refusal: () =>
      'is a TensorFlow graph, which Stitchwork does not read. Use the safetensors of the model that it was made from.',
  },
  flaxMsgpack: {
    matches: (head) => /^(?:[\x81-\x8f]|\xde[^]{2})[\xa1-\xbf][A-Za-z_]/.test(latin1(head)),
    endings: ['.msgpack'],
    refusal: () =>
      "is a Flax checkpoint (msgpack), which Stitchwork does not read. Use the model's safetensors; transformers 4 makes them by from_pretrained(folder, from_flax=True).save_pretrained(folder).",
  },
  mindSpore: {
    // A protobuf of parameters: { name, tensor { dims, type, bytes } } each; types are Float32, Int32 and so on.
    matches: (head) =>
      /^0a(?:..){1,5}?0a..(?:[2-7].)+?12(?:..){1,60}?12(?:0[3-9a-c])(?:466c6f6174|(?:55)?496e74|426f6f6c|42466c6f6174)/.test(
        toHex(head),
      ),
    named: /-graph\.meta$/,
    refusal: () =>
      'is a MindSpore checkpoint, which Stitchwork does not read. In Python, mindspore.load_checkpoint gives its parameters by name; save them with safetensors.numpy.save_file.',
  },
  torch7: {
    endings: ['.t7'],
    refusal: () =>
      'is a file of Torch7 (Lua), which Stitchwork does not read. Use a PyTorch or safetensors version of the model.',
  },
  caffe: {
    endings: ['.caffemodel', '.mlmodel'],
    refusal: () =>
      'is a Caffe or Core ML model, which Stitchwork does not read. Use the PyTorch or safetensors weights of the model.',
  },
  openVino: {
    matches: (head, _, path) => path.endsWith('.xml') && /<net\b[^>]*\bversion=/.test(latin1(head)),
    named: /^openvino_\w+\.(?:bin|xml)$/,
    isAside: true,
    refusal: () =>
      'is an OpenVINO model, whose weights have lost their names. Use the safetensors of the model that it was converted from.',
  },
  tensorRt: {
    matches: (head) => beginsWith(head, 'ftrt'),
    isAside: true,
    refusal: () =>
      'is a TensorRT engine, built for one kind of GPU. Use the safetensors of the model that it was built from.',
  },
  darknet: {
    // Major version 0, minor version and revision below 16; its configuration begins with a section.
    matches: (head, _, path) =>
      (path.endsWith('.weights') && /^00000000(?:0.000000){2}/.test(toHex(head))) ||
      (path.endsWith('.cfg') && beginsWith(head, '[net')),
    isAside: true,
    refusal: () =>
      'is of a Darknet model (YOLO), whose weights have no names. Use a PyTorch version of the model.',
  },
  wordVectors: {
    matches: (head, _, path) =>
      beginsWith(head, '\xba\x16O/') ||
      (/\.(?:bin|vec)$/.test(path) && /^\d{1,9} \d{1,4}\n/.test(latin1(head))),
    isAside: true,
    refusal: () =>
      'holds word vectors (fastText or word2vec), and no model with layers. Open a safetensors or PyTorch file.',
  },
  zeros: {
    matches: (head, bytes, path) =>
      bytes > 0 && weightEndings.test(path) && head.every((byte) => byte === 0),
    isBad: true,
    refusal: () =>
      'begins with nothing but zeros: its download never finished. Download or copy the file again.',
  },
  htmlPage: {
    matches: (head, _, path) => {
      const text = new TextDecoder().decode(head.subarray(0, 64));
      const tag = /^\s*<(!doctype|html|head|body|!--|\?xml|error)/i.exec(text)?.[1];
      return tag !== undefined && (/^(?:!doctype|html)$/i.test(tag) || weightEndings.test(path));
    },
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
  textInPlace: {
    matches: (head, _, path) =>
      weightEndings.test(path) &&
      /^[\t\n\r -~]{4,}$/.test(latin1(head)) &&
      !/\.(?:model|weights)$/.test(path),
    isBad: true,
    refusal: () =>
      'holds text in place of weights, such as the message of a download that failed. Open it in an editor to read it, then download the file again.',
  },
  onnx: {
    matches: (head) => /^080[3-9a-f](?:12(?:0[1-9a-f]|[1-3].)[2-7].[2-7].|3a)/.test(toHex(head)),
    endings: ['.onnx', '.onnx_data', '.ort'],
    refusal: () =>
      'is an ONNX graph, whose weights have lost their names. Use the safetensors of the model that it was exported from.',
  },
} satisfies Record<string, Format>;
