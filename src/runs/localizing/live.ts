import type { LocalizeLive } from '../../api/localizing.ts';
import type { JobControl } from '../../jobs/jobs.ts';
import type { LiveState } from '../../localize/contract.ts';

/** Tells of a step of a search for the masks of these models. */
export type TellLive = (models: readonly string[], state: LiveState) => void;

/** Runs searches of which the page is told after every step, and again whenever a pause begins or ends. */
export async function withLive<T>(
  control: JobControl,
  onLive: (live: LocalizeLive) => void,
  work: (tell: TellLive) => Promise<T>,
): Promise<T> {
  let tellLast: (() => void) | null = null;
  control.onPause = () => tellLast?.();
  try {
    return await work((models, state) => {
      const losses = thin(state.losses);
      tellLast = () => onLive({ ...state, models: [...models], losses, paused: control.paused });
      tellLast();
    });
  } finally {
    control.onPause = null;
  }
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
