import { guessAnswers } from '../data/answers.ts';
import { guessChoices } from '../data/choices.ts';
import { publishedForms } from '../data/publishedForms.ts';
import { cellOf, type Table } from '../data/table.ts';
import type { TaskData } from '../recipe/recipe.ts';

/** How published questions and instructions are read by a language model, told by their columns; null of other tables. */
export function guessPrompted(
  columns: readonly string[],
  rows: Table['rows'],
): Pick<TaskData, 'kind' | 'columns' | 'template' | 'scoring' | 'normalize'> | null {
  const has = (name: string) => columns.some((column) => column.toLowerCase() === name);
  const choices = guessChoices(columns);
  if (choices) {
    const kind = 'choices' as const;
    if (has('mc2_targets') || has('mc1_targets')) return { kind, template: 'truthfulqa' };
    if (has('answerkey'))
      return { kind, template: 'Question: {text}\nAnswer:', normalize: 'characters' };
    const is = (form: 'hellaswag' | 'copa') => publishedForms[form].columns.every(has);
    if (has('endings'))
      return { kind, ...(is('hellaswag') && { template: 'hellaswag' }), normalize: 'characters' };
    if (is('copa') && has('choice1')) return { kind, template: 'copa' };
    const answer = choices.answer === undefined ? undefined : cellOf(rows[0], choices.answer);
    const asLetters = has('subject') || (/^[A-E]$/.test(answer ?? '') && !has('label'));
    return { kind, ...(asLetters && { scoring: 'letter' }) };
  }
  const answers = guessAnswers(columns);
  if (!answers) return null;
  const alpaca = has('instruction') && (has('output') || has('response'));
  return { kind: 'answers', ...(alpaca && { template: 'alpaca' }) };
}
