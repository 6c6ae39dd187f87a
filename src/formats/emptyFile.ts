import type { Format } from './format.ts';

export const emptyFile: Format = {
  id: 'empty',
  label: 'empty file',
  matches: (_, bytes) => bytes === 0,
  endings: [],
  open: { refusal: () => 'is empty: it has 0 bytes. Download or copy the file again.' },
};
