/** What a model answers: its likeliest class, and the probability that it gives it. */
export interface Answer {
  label: number;
  share: number;
}

/** The likeliest of classes by their probabilities; the first of equal ones, and null where there is none. */
export function best(shares: readonly number[]): Answer | null {
  const share = Math.max(...shares);
  const label = shares.indexOf(share);
  return label < 0 ? null : { label, share };
}
