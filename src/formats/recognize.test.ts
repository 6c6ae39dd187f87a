import { describe, expect, it } from 'vitest';
import { AppError } from '../errors.ts';
import { convertWithPython } from './convertWithPython.ts';
import { safetensorsBlob } from '../test/fileBytes.ts';
import { zipBytes } from '../test/torchFiles.ts';
import { openWeights, recognize } from './recognize.ts';
import { formats } from './registry.ts';

const bytes = (text: string) => new Blob([Uint8Array.from([...text].map((c) => c.charCodeAt(0)))]);
const zipOf = (name: string) =>
  String.fromCharCode(...zipBytes([{ name, bytes: new Uint8Array(3) }]));
const zip = zipOf('notes.txt');
const excel = zipOf('[Content_Types].xml');
const keras = zipOf('model.weights.h5');
const arrays = zipOf('a.npy');
const pickle = '\x80\x02K\x05.';

describe('a file that is not safetensors', () => {
  it.each([
    ['pytorch_model.bin', zip, 'pytorchZip', 'is a zip archive without the data.pkl'],
    ['model.safetensors', zip, 'pytorchZip', 'is a zip archive without the data.pkl'],
    ['train.xlsx', excel, 'pytorchZip', 'is a document of Excel'],
    ['a/1.tif', 'II*\0\x08\0\0\0', 'tiff', 'is a TIFF image'],
    ['net.keras', keras, 'pytorchZip', 'is a Keras archive'],
    ['arrays.npz', arrays, 'pytorchZip', 'is a NumPy archive'],
    ['m/old.pt', pickle, 'pytorchPickle', 'is a Python pickle that torch.save did not write'],
    ['model.safetensors', pickle, 'pytorchPickle', 'is a Python pickle that torch.save did not'],
    ['m/llama.gguf', 'GGUF\x03\0\0\0', 'gguf', 'is a GGUF file'],
    ['model.safetensors', 'GGUF\x03\0\0\0', 'gguf', 'is a GGUF file'],
    ['net.onnx', '\x08\x07\x12\x07pytorch', 'onnx', 'is an ONNX graph'],
    ['tf_model.h5', '\x89HDF\r\n\x1a\n\0', 'hdf5', 'is an HDF5 file'],
    [
      'model.json',
      '{"format": "layers-model", "modelTopology": {}}',
      'tfjsModel',
      'describes a TensorFlow.js model',
    ],
    ['tfjs/group1-shard1of1.bin', '\0\0\x80?', 'tfjsModel', 'holds weights of a TensorFlow.js'],
    ['group1-shard12of40', '\0\0\x80?', 'tfjsModel', 'holds weights of a TensorFlow.js'],
    ['model.safetensors.gz', '\x1f\x8b\x08\0', 'gzip', 'is compressed with gzip'],
    ['model.safetensors', '', 'emptyFile', 'is empty: it has 0 bytes'],
    [
      'model.safetensors',
      'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n',
      'gitLfsPointer',
      'is a Git LFS pointer',
    ],
    ['model.safetensors', '<!DOCTYPE html><html>', 'htmlPage', 'is a web page'],
  ] as const)('%s that begins with %j is told as such', async (path, head, format, message) => {
    const source = { path, blob: bytes(head) };
    expect(await recognize(source)).toBe(formats[format]);
    const error: unknown = await openWeights(source, 0).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).message).toContain(`${path} ${message}`);
    expect((error as AppError).message).toMatch(/\.$|"$/);
  });

  it('of no known kind is refused with what is opened', async () => {
    const source = { path: 'photo.png', blob: bytes('\x89PNG') };
    expect(await recognize(source)).toBeNull();
    await expect(openWeights(source, 0)).rejects.toThrow(
      'photo.png is of no kind that Stitchwork knows. It opens safetensors and PyTorch files, and folders with them.',
    );
  });

  it('has a command that names it only when its name is harmless', () => {
    expect(convertWithPython('m/tuned-v1.bin')).toContain("torch.load('tuned-v1.bin'");
    expect(convertWithPython("m/x'); evil('.bin")).toContain("torch.load('pytorch_model.bin'");
    expect(convertWithPython('a.pt')).toContain('weights_only=True');
    expect(convertWithPython('a.pt', 'trusted')).toContain('weights_only=False');
  });
});

describe('a safetensors file', () => {
  it('is told by its bytes whatever its name', async () => {
    const source = { path: 'weights.bin', blob: safetensorsBlob({ a: [2] }) };
    expect(await recognize(source)).toBe(formats.safetensors);
  });

  it('is not taken for another format whose first bytes its length happens to have', async () => {
    for (const length of [0x0280, 0x088b1f]) {
      const header = '{"__metadata__":{"a":""}}'.padEnd(length);
      const blob = bytes(
        String.fromCharCode(length & 255, (length >> 8) & 255, length >> 16, 0, 0, 0, 0, 0) +
          header,
      );
      expect(await recognize({ path: 'a.safetensors', blob })).toBe(formats.safetensors);
      await expect(openWeights({ path: 'a.safetensors', blob }, 0)).resolves.toEqual({
        tensors: [],
        metadata: { a: '' },
      });
    }
  });

  it('that is cut off is told by its name, and its own fault is stated', async () => {
    await expect(openWeights({ path: 'a.safetensors', blob: bytes('abc') }, 0)).rejects.toThrow(
      'a.safetensors is cut off: it has 3 bytes',
    );
  });
});
