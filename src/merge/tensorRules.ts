import type { Recipe, Scope } from '../recipe/recipe.ts';
import type { Method } from './method.ts';
import type { RowRule } from './preflight.ts';

/** What of the tensors a recipe merges; where something is learned from data, those of other rows stay the base's. */
export function tensorRules(
  { scope, rows = 'base', models }: Pick<Recipe, 'scope' | 'rows' | 'models'>,
  { defaultScope, learner }: Pick<Method, 'defaultScope' | 'learner'>,
): [scope: Scope, rows: RowRule] {
  const learns = models.some(({ data, mask }) => mask !== undefined || data?.train !== undefined);
  return [scope ?? defaultScope, learns || learner ? 'none' : rows];
}
