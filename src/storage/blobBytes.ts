import { watchLife } from '../life.ts';

/** Shorter ones cost less than a message. */
const leastBeside = 2 ** 18;

type Answer = { id: number; buffer: ArrayBuffer | null };

let reader: { worker: Worker; waiting: Map<number, (answer: ArrayBuffer | null) => void> } | null;
let isBroken = typeof Worker === 'undefined';
let asked = 0;

/**
 * The bytes of a Blob. Long ones are read on a thread of their own: the browser hands them over in pieces, which would wait while
 * this thread computes. Rejects as `arrayBuffer` does.
 */
export async function blobBytes(blob: Blob): Promise<ArrayBuffer> {
  if (blob.size < leastBeside || isBroken) return blob.arrayBuffer();
  const { worker, waiting } = (reader ??= openReader());
  const id = asked++;
  const answer = new Promise<ArrayBuffer | null>((resolve) => waiting.set(id, resolve));
  worker.postMessage({ id, blob });
  return (await answer) ?? blob.arrayBuffer();
}

function openReader(): NonNullable<typeof reader> {
  const waiting = new Map<number, (answer: ArrayBuffer | null) => void>();
  const worker = new Worker(new URL('./blobWorker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data: { id, buffer } }: MessageEvent<Answer>) => {
    waiting.get(id)?.(buffer);
    waiting.delete(id);
  };
  const giveUp = () => {
    isBroken = true;
    waiting.forEach((resolve) => resolve(null));
  };
  worker.onerror = giveUp;
  watchLife(worker, { ends: giveUp });
  return { worker, waiting };
}
