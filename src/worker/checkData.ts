import { guessColumns, readTable, rowsOf, type Row } from '../data/dataset.ts';
import { toAppError } from '../errors.ts';
import type { TaskData } from '../recipe/recipe.ts';
import { requireData } from '../storage/dataSets.ts';
import type { DataCheck, WorkerApi } from './types.ts';

/** What data would give a model, told from all rows of its tables. */
export const checkData: WorkerApi['checkData'] = async (_base, _model, data) => {
  const empty: DataCheck = { problem: null, summary: '', counts: [], example: '', notes: [] };
  try {
    const train = data.train ? await tableRows(data.train, data) : null;
    const { rows, labels } = train ?? { rows: [], labels: [] };
    const counts = labels.map((label, k) => ({
      label,
      examples: rows.filter((row) => row.label === k).length,
    }));
    const summary = `${labels.length} classes · ${rows.length} training examples`;
    return { ...empty, summary, counts, example: rows[0]?.text ?? '' };
  } catch (thrown) {
    return { ...empty, problem: toAppError(thrown).message };
  }
};

async function tableRows(name: string, data: TaskData): Promise<{ rows: Row[]; labels: string[] }> {
  const { blob } = await requireData(name);
  const table = await readTable(name, blob);
  const columns = { ...guessColumns(table.columns), ...data.columns };
  return rowsOf(table, columns, data.labels ?? null);
}
