import { tick } from 'svelte';

/** Puts the focus on the view after `work`, where what had it is gone. */
export async function keepFocus(work: () => unknown): Promise<void> {
  await work();
  await tick();
  const lost = document.activeElement === document.body || !document.activeElement;
  if (lost) document.querySelector('main')?.focus({ preventScroll: true });
}
