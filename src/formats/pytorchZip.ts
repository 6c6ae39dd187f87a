import { beginsWith, type Format } from './format.ts';
import { openTorchZip } from './pytorch/openZip.ts';

export const pytorchZip: Format = {
  matches: (head) => beginsWith(head, 'PK\x03\x04') || beginsWith(head, 'PK\x05\x06'),
  endings: ['.zip', '.keras', '.npz'],
  open: openTorchZip,
};
