import { convertWithPython } from './convertWithPython.ts';
import { beginsWith, type Format } from './format.ts';

const pytorchName = /\.(?:bin|pt|pth|ckpt)$/i;

export const pytorchZip: Format = {
  id: 'pytorch-zip',
  label: 'PyTorch or zip archive',
  matches: (head) => beginsWith(head, 'PK\x03\x04') || beginsWith(head, 'PK\x05\x06'),
  endings: ['.zip', '.keras', '.npz'],
  open: {
    refusal: (path) =>
      pytorchName.test(path)
        ? `is a PyTorch file, which Stitchwork does not read. Convert it to safetensors: ${convertWithPython(path)}`
        : `is a zip archive, whatever its name says. Unpack it first; if it is a PyTorch file under another name, convert it to safetensors: ${convertWithPython(path)}`,
  },
};
