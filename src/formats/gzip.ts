import { beginsWith, type Format } from './format.ts';

export const gzip: Format = {
  id: 'gzip',
  label: 'gzip',
  matches: (head) => beginsWith(head, '\x1f\x8b\x08'),
  endings: ['.gz', '.tgz'],
  open: { refusal: () => 'is compressed with gzip. Unpack it first, then open what was inside.' },
};
