import { expect, test } from 'vitest';
import { Room } from './archive.ts';
import { openGzip } from './gzip.ts';
import { openTar } from './tar.ts';

async function drain(files: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of files);
}

test('what unpacks to more than there is room for is stopped on the way', async () => {
  const part = new Uint8Array(2 ** 20);
  let made = 0;
  const zeros = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (made++ < 64) controller.enqueue(part);
      else controller.close();
    },
  });
  const packed = await new Response(zeros.pipeThrough(new CompressionStream('gzip'))).blob();
  expect(packed.size).toBeLessThan(100_000);
  const bomb = openGzip({ path: 'bomb.gz', blob: packed }, new Room('bomb.gz', 3e6));
  await expect(drain(bomb)).rejects.toThrow('bomb.gz unpacks to more than 3000000 bytes');
  const whole = openGzip({ path: 'zeros.gz', blob: packed }, new Room('zeros.gz', 2 ** 26));
  await expect(drain(whole)).resolves.toBeUndefined();
});

test('a tar that tells a size of terabytes is no room for them', async () => {
  const text = (at: number, words: string) => header.set(new TextEncoder().encode(words), at);
  const header = new Uint8Array(512);
  text(0, 'a.png');
  text(124, '77777777777');
  text(257, 'ustar\x0000');
  header.fill(32, 148, 156);
  text(
    148,
    `${header
      .reduce((a, b) => a + b, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
  );
  const blob = new Blob([header, new Uint8Array(4096)]);
  const open = openTar({ path: 'lie.tar', blob }, new Room('lie.tar'));
  await expect(drain(open)).rejects.toThrow(/lie\.tar is no tar archive.*truncated/);
});

test('gives an archive room by its size', () => {
  expect(Room.of('small.zip', 10).most).toBe(1e9);
  expect(Room.of('texts.tar.gz', 5e7).most).toBe(5e9);
  expect(Room.of('SUN397.tar.gz', 37e9).most).toBe(64e9);
});
