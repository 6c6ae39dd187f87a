import { faultsOf, shownJson } from '../errors.ts';
import { needColumns } from './columns.ts';
import { cellOf, placeOf, type Table } from './table.ts';

/** A set whose questions lm-evaluation-harness writes anew from columns of their own. */
export interface PublishedForm {
  columns: readonly string[];
  /** The text before a choice; null where a row is none of this set's. */
  text(cells: readonly string[]): string | null;
  choice(text: string): string;
  /** What makes a row none of this set's. */
  fault: string;
}

/** By the names of templates: lm_eval/tasks/hellaswag/utils.py, and super_glue/copa/utils.py with its default.yaml. */
export const publishedForms: Readonly<Record<'hellaswag' | 'copa', PublishedForm>> = {
  hellaswag: {
    columns: ['activity_label', 'ctx_a', 'ctx_b'],
    text: ([activity = '', first = '', second = '']) =>
      withoutBrackets(`${activity}: ${first} ${capitalized(second)}`),
    choice: withoutBrackets,
    fault: 'has no text',
  },
  copa: {
    columns: ['premise', 'question'],
    text([premise = '', question = '']) {
      const connector = new Map([
        ['cause', 'because'],
        ['effect', 'therefore'],
      ]).get(question);
      return connector === undefined ? null : `${premise.trim().slice(0, -1)} ${connector}`;
    },
    choice: (text) => text,
    fault: 'asks for neither cause nor effect',
  },
};

/** The form that a template names; null for other templates. */
export function formOf(template: string | undefined): PublishedForm | null {
  const found = Object.entries(publishedForms).find(([name]) => name === template);
  return found?.[1] ?? null;
}

/** The texts of all rows in a form; throws BadFile with line. */
export function textsIn(table: Table, { columns, text, fault }: PublishedForm): string[] {
  needColumns(table, columns);
  return table.rows.map((row, at) => {
    const cells = columns.map((column) => cellOf(row, column) ?? '');
    const made = text(cells);
    if (made !== null) return made;
    const remedy = 'Choose another template, or mend the row.';
    throw faultsOf(placeOf(table, at), remedy)(`${fault} (${shownJson(cells.at(-1))})`);
  });
}

/** Without what WikiHow's headings left in brackets. */
function withoutBrackets(text: string): string {
  return text
    .trim()
    .replaceAll(' [title]', '. ')
    .replace(/\[[^\n]*?\]/g, '')
    .replaceAll('  ', ' ');
}

/** As Python's `capitalize`: the first letter large, as at the head of a word, and all others small. */
function capitalized(text: string): string {
  const [first = ''] = text;
  const [large = '', ...more] = first.toUpperCase();
  return large + more.join('').toLowerCase() + text.slice(first.length).toLowerCase();
}
