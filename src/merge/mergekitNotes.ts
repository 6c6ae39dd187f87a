import type { Remark } from '../api/remarks.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { Method } from './method.ts';

/** What to know of a recipe under `compat: mergekit` before it runs, in plain sentences; `method` is mergekit's form, and `remarks` tell of tensors. */
export function mergekitNotes(
  recipe: Recipe,
  method: Method,
  remarks: readonly Remark[],
): string[] {
  if (!recipe.compat) return [];
  const { merge_method, base_model, models, out_dtype, tokenizer_source, chat_template } = recipe;
  const known = new Set<string>(method.parameters.map(({ name }) => name));
  const given = [recipe, ...models].flatMap(({ parameters }) => Object.keys(parameters ?? {}));
  const idle = [...new Set(given)].filter((name) => !known.has(name));
  const kept = Object.entries({ tokenizer_source, chat_template })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  const same = 'Gives the result that mergekit gives for this configuration';
  const differs = remarks.some(({ tensors }) => tensors.length > 0);
  const notes = [differs ? `${same}, but for what is told here.` : `${same}.`];
  if (method.draws)
    notes.push(
      'Its random drops cannot be repeated bit for bit: which changes are dropped is drawn anew.',
    );
  if (out_dtype !== 'float32')
    notes.push(
      'Computes in float32 and rounds once at the end, as mergekit does under dtype: float32.',
    );
  if (idle.length > 0)
    notes.push(`${idle.join(', ')}: without effect in ${merge_method}, as in mergekit.`);
  if (kept.length > 0)
    notes.push(
      `${kept.join(', ')}: without effect on weights; the tokenizer of ${base_model} is copied as it is.`,
    );
  return notes;
}
