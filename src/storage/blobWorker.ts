import { showLife } from '../life.ts';

/** Reads Blobs for another thread; answers null where that fails. */
addEventListener('message', ({ data: { id, blob } }: MessageEvent<{ id: number; blob: Blob }>) => {
  void blob
    .arrayBuffer()
    .catch(() => null)
    .then((buffer) => postMessage({ id, buffer }, { transfer: buffer ? [buffer] : [] }));
});
void showLife();
