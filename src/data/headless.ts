/** Most classes of a column that is taken for the label without a name. */
const mostClasses = 50;
/** Longest name of a class, in characters. */
const longestClass = 40;

/**
 * Names for the columns of a table without a header: the one with few values is the label, those with the longest texts
 * are text and text_b; of questions with choices those that `guessChoices` knows; null where `first` is a header.
 */
export function headlessNames(
  first: readonly string[],
  others: readonly (readonly string[])[],
): string[] | null {
  const like = others.filter(({ length }) => length === first.length);
  const ofChoices = choiceNames([first, ...like]);
  if (ofChoices) return ofChoices;
  if (!first.some(isNumber) && !repeatsClass(first, like)) return null;
  const names = first.map((_, at) => `column ${at + 1}`);
  if (first.length < 2) return names;
  const columns = first.map((cell, at) => [cell, ...like.map((row) => row[at] ?? '')]);
  const label = labelColumn(columns);
  if (label === null) return names;
  names[label] = 'label';
  const texts = columns
    .map((cells, at) => ({ at, length: meanLength(cells), isText: !cells.every(isNumber) }))
    .filter(({ at, isText }) => at !== label && isText)
    .toSorted((a, b) => b.length - a.length)
    .slice(0, first.length === 3 ? 2 : 1)
    .toSorted((a, b) => a.at - b.at);
  for (const [i, { at }] of texts.entries()) names[at] = i === 0 ? 'text' : 'text_b';
  return names;
}

/** Names for questions as MMLU's own files have them: three choices and more between a question and the letter of the right one. */
function choiceNames(rows: readonly (readonly string[])[]): string[] | null {
  const letters = [...'ABCDEFGHIJ'].slice(0, Math.max(0, (rows[0]?.length ?? 0) - 2));
  const isTold = rows.every((cells) => letters.includes(cells.at(-1)?.trim() ?? ''));
  return letters.length >= 3 && isTold ? ['question', ...letters, 'answer'] : null;
}

const isNumber = (cell: string) => /^-?\d+(?:\.\d+)?$/.test(cell.trim());

/** Whether a cell of the first row is met again in a column of few values, where a header's name is not. */
function repeatsClass(first: readonly string[], others: readonly (readonly string[])[]): boolean {
  return first.some((cell, at) => {
    const cells = others.map((row) => row[at] ?? '');
    const classes = new Set(cells).size;
    return (
      isClass(cell) && classes <= mostClasses && 2 * classes <= cells.length && cells.includes(cell)
    );
  });
}

const isClass = (cell: string) => cell.trim() !== '' && cell.length <= longestClass;

/** The column with the fewest values but one alone, of equals that with the shortest; null where none repeats or counts classes. */
function labelColumn(columns: readonly (readonly string[])[]): number | null {
  const ranked = columns
    .map((cells, at) => ({ at, cells, classes: new Set(cells).size, length: meanLength(cells) }))
    .filter(({ cells, classes }) => classes <= mostClasses && cells.every(isClass))
    .filter(
      ({ cells, classes }) =>
        classes < cells.length || cells.every((cell) => /^\d{1,3}$/.test(cell)),
    )
    .toSorted((a, b) => rank(a) - rank(b) || a.length - b.length);
  return ranked[0]?.at ?? null;
}

const rank = ({ classes }: { classes: number }) => (classes === 1 ? mostClasses + 1 : classes);

const meanLength = (cells: readonly string[]) =>
  cells.reduce((sum, cell) => sum + cell.length, 0) / Math.max(1, cells.length);
