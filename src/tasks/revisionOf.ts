import type { TaskData } from '../recipe/recipe.ts';

/** Raised for a kind of data when the same inputs are read or measured otherwise, so that older scores and masks are not taken over. */
export const revisionOf = ({ kind = 'labels' }: TaskData): number =>
  kind === 'choices' || kind === 'labels' ? 2 : 1;
