import { beginsWith, type Format } from './format.ts';
import { openTorchLegacy } from './pytorch/openLegacy.ts';

export const pytorchPickle: Format = {
  matches: (head) => [2, 3, 4, 5].some((n) => beginsWith(head, `\x80${String.fromCharCode(n)}`)),
  endings: ['.pt', '.pth', '.ckpt', '.pkl', '.pickle'],
  open: openTorchLegacy,
};
