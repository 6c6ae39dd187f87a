import { describe, expect, it } from 'vitest';
import { bytesFrom, refusalOf } from '../../test/torchFiles.ts';
import { goldenFile } from '../../test/torchGoldens.ts';

describe('an old file of torch.save', () => {
  it('is refused when it is cut off or longer than its storages', async () => {
    const { blob } = await goldenFile('legacy.bin');
    const bytes = new Uint8Array(await blob.arrayBuffer());
    expect(await refusalOf(bytes.slice(0, -1))).toMatch(
      /^BadFile: m\/x\.bin is cut off: storage "\d+" ends at byte 4452, the file at byte 4451\./,
    );
    expect(await refusalOf(bytesFrom(bytes, 1, 2))).toContain(
      'has 2 bytes after its last storage, which ends at byte 4452',
    );
    expect(await refusalOf(bytes.slice(0, 100))).toContain('the file breaks off');
  });

  it('gives one message wherever it is cut off or changed', async () => {
    const { blob } = await goldenFile('legacyModule.pt');
    const bytes = new Uint8Array(await blob.arrayBuffer());
    for (let end = 2; end < bytes.length; end += 7)
      expect(await refusalOf(bytes.slice(0, end))).toMatch(/^(?:BadFile|Unsupported): m\/x\.bin/);
    for (let i = 2; i < bytes.length; i += 3) {
      const copy = bytes.slice();
      copy[i]! ^= 0x55;
      expect(await refusalOf(copy)).toMatch(/^(?:opened|(?:BadFile|Unsupported): m\/x\.bin)/);
    }
  });
});
