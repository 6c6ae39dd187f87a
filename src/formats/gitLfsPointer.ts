import { beginsWith, type Format } from './format.ts';

export const gitLfsPointer: Format = {
  id: 'git-lfs',
  label: 'Git LFS pointer',
  matches: (head) => beginsWith(head, 'version https://git-lfs'),
  endings: [],
  open: {
    refusal: () =>
      'is a Git LFS pointer, a note of a few lines in place of the weights. Download the real file: run "git lfs pull" in the folder, or use the download button on the model\'s page.',
  },
};
