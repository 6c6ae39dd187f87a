import type { Format } from './format.ts';

export const htmlPage: Format = {
  id: 'html',
  label: 'web page',
  matches: (head) => /^\s*<(?:!doctype|html)/i.test(new TextDecoder().decode(head.subarray(0, 64))),
  endings: ['.html', '.htm'],
  open: {
    refusal: () =>
      "is a web page, saved in place of the weights. Use the download button on the model's page, and log in there first if the model asks for it.",
  },
};
