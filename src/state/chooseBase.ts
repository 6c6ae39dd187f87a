import type { Preflight } from '../api/preflight.ts';
import type { Candidate } from '../api/checkpoints.ts';

const named = [/^(base|pretrained|pre-trained)$/i, /(^|[-_. ])(base|pretrained)$/i, /pretrained/i];

/** The candidate that its name marks as the base, or null when none or several equally do. */
export function baseByName(candidates: readonly Pick<Candidate, 'key' | 'name'>[]): string | null {
  for (const pattern of named) {
    const found = candidates.filter(({ name }) => pattern.test(name.split('/').at(-1) ?? name));
    if (found.length === 1) return found[0]?.key ?? null;
  }
  return null;
}

/** Number of tensors that fit this base, over all models it was tried with; refused models count nothing. */
export function overlap(preflight: Preflight): number {
  return preflight.models.reduce((sum, fit) => sum + (fit.refusal === null ? fit.matched : 0), 0);
}
