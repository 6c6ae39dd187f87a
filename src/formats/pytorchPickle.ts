import { convertWithPython } from './convertWithPython.ts';
import { beginsWith, type Format } from './format.ts';

export const pytorchPickle: Format = {
  id: 'pytorch-pickle',
  label: 'PyTorch (legacy pickle)',
  matches: (head) => [2, 3, 4, 5].some((n) => beginsWith(head, `\x80${String.fromCharCode(n)}`)),
  endings: ['.pt', '.pth', '.ckpt', '.pkl', '.pickle'],
  open: {
    refusal: (path) =>
      `is a Python pickle (a PyTorch file of the old kind), which Stitchwork does not read. Convert it to safetensors: ${convertWithPython(path)}`,
  },
};
