import { showLife } from '../life.ts';

// A worker that does what a message says, and ends by itself at any other.

const life = showLife();

addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (data === 'throw') throw new Error('as asked');
  if (typeof data !== 'number') return void life.then(() => close());
  // Works for so many milliseconds.
  for (const until = performance.now() + data; performance.now() < until;);
});
