import { badFile } from '../errors.ts';
import { readSlice } from '../formats/readSlice.ts';
import { refused } from '../formats/refused.ts';
import type { SourceFile } from '../formats/source.ts';

const remedies = [
  [
    refused.gitLfsPointer,
    'is a Git LFS pointer, a note of a few lines in place of the data. Download the real file: run "git lfs pull" in the folder, or use the download button on the page of the data.',
  ],
  [
    refused.htmlPage,
    'is a web page, saved in place of the data. Use the download button on the page of the data, and log in there first if it asks for it.',
  ],
] as const;

/** Throws BadFile for a file that stands for another, which was not downloaded. */
export async function refusePlaceholders(files: readonly SourceFile[]): Promise<void> {
  for (const file of files) {
    const head = await readSlice(file, 0, 512);
    const found = remedies.find(([format]) => format.matches(head, file.blob.size, file.path));
    if (found) throw badFile(`${file.path} ${found[1]}`);
  }
}
