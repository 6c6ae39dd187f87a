import { expect, it } from 'vitest';
import { refusePlaceholders } from './placeholders.ts';

const file = (path: string, text: string) => ({ path, blob: new Blob([text]) });
const table = file('a.csv', 'text,label\n<html> is a tag,1\n');

it('refuses what was saved in place of data', async () => {
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n';
  const page = '<!DOCTYPE html>\n<html><head><title>401</title></head></html>';
  const lfs = refusePlaceholders([table, file('s/train.parquet', pointer)]);
  await expect(lfs).rejects.toThrow(/^s\/train\.parquet is a Git LFS pointer/);
  await expect(refusePlaceholders([file('train.jsonl', page)])).rejects.toThrow(
    /^train\.jsonl is a web page, saved in place of the data/,
  );
});

it('takes files for what they are', async () => {
  const rows = file('b.jsonl', '{"text":"version https://git-lfs"}\n');
  await expect(refusePlaceholders([table, rows, file('e.csv', '')])).resolves.toBeUndefined();
});
