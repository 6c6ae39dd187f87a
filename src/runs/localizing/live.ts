import type { LocalizeLive } from '../../api/localizing.ts';
import type { LiveState } from '../../localize/contract.ts';

/** A search as the page is told of it. */
export function liveOf(models: readonly string[], state: LiveState, paused: boolean): LocalizeLive {
  const { losses, notes, ...rest } = state;
  return { ...rest, models: [...models], losses: thin(losses), notes: [...notes], paused };
}

const mostLosses = 200;

/** At most 200 equally spaced losses, the last among them. */
export function thin(losses: readonly number[]): number[] {
  if (losses.length <= mostLosses) return [...losses];
  return Array.from(
    { length: mostLosses },
    (_, i) => losses[Math.round((i * (losses.length - 1)) / (mostLosses - 1))]!,
  );
}
