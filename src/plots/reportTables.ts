import type { RunResult, Score, ScoredModel } from '../api/results.ts';
import type { MetricName, TableName, Variation } from '../recipe/recipe.ts';
import type { Table } from '../ui/table.ts';
import { number, scoreColumn, share, text } from './columns.ts';
import { maskShares, type SharePart, sharesTable } from './maskShares.ts';
import { mean, meanOfAll, ratio } from './numbers.ts';
import { capital, jaccardMatrix } from './resultFigures.ts';
import { searchSeconds } from './runTimes.ts';
import { metricNames, metricsOf, scoreOf, tasksOf } from './scores.ts';

/** What tables ask of one of many recipes. */
export interface ReportedRun {
  name: string;
  /** What a paper reports of it, as it prints it: shares in percent. */
  paper?: Variation['paper'];
  result: Pick<
    RunResult,
    | 'models'
    | 'scores'
    | 'general'
    | 'intersections'
    | 'owners'
    | 'tensors'
    | 'parameters'
    | 'localized'
    | 'seconds'
  >;
}

export interface ReportTable {
  title: string;
  table: Table;
}

/** The tables of recipes measured side by side, as a recipe names them; those without anything to tell are left out. */
export function reportTables(
  names: readonly TableName[],
  runs: readonly ReportedRun[],
): ReportTable[] {
  return names.flatMap((name) => builders[name](runs)).filter(({ table }) => table.rows.length > 0);
}

type Builder = (runs: readonly ReportedRun[]) => ReportTable[];

const builders: Record<TableName, Builder> = {
  scores: (runs) => scoreTables(runs, 'merged'),
  grafts: (runs) => scoreTables(runs, 'graft'),
  general: (runs) =>
    scoreTables(
      runs.map(({ name, result }) => ({
        name,
        result: { ...result, scores: result.general ?? [] },
      })),
      'merged',
      'tasks that no model was tuned for, ',
    ),
  overlap: (runs) =>
    masked(runs).map(({ name, result }) => ({
      title: `Overlap of masks (Jaccard index): ${name}`,
      table: overlapTable(result),
    })),
  layers: (runs) => partTables(runs, 'layer'),
  components: (runs) => partTables(runs, 'component'),
  owners: (runs) => [ownersTable(masked(runs))],
  seconds: (runs) => [secondsTable(runs)],
};

/** Runs that leave some weights to the base. */
const masked = (runs: readonly ReportedRun[]) =>
  runs.filter(({ result }) => (result.owners[0] ?? 0) > 0);

const modelTitles: Partial<Record<ScoredModel, string>> = {
  merged: 'the merged model',
  graft: 'grafts, each with the mask of its task alone',
};

/** A table for each metric: base and fine-tuned models, then every run, and beneath it what a paper reports. */
function scoreTables(runs: readonly ReportedRun[], model: ScoredModel, what = ''): ReportTable[] {
  const all = runs.flatMap(({ result }) => result.scores);
  return metricsOf(all).map((metric) => {
    const tasks = tasksOf(all, metric);
    const references = (['base', 'finetuned'] as const).flatMap((reference) => {
      const row = scoreRow(all, reference, tasks, metric);
      return row ? [[reference === 'base' ? 'Base' : 'Fine-tuned', ...row]] : [];
    });
    const rows = runs.flatMap(({ name, paper, result }) => {
      const row = scoreRow(result.scores, model, tasks, metric);
      if (!row) return [];
      return paper ? [[name, ...row], paperRow(paper, tasks, metric)] : [[name, ...row]];
    });
    return {
      title: `${capital(metricNames[metric])} of ${what}${modelTitles[model] ?? model}`,
      table: {
        columns: [text('Method'), ...[...tasks, 'Mean'].map(scoreColumn(metric))],
        rows: rows.length > 0 ? [...references, ...rows] : [],
      },
    };
  });
}

/** Scores by task and their mean, which is that of the tasks measured; null where none is. */
function scoreRow(
  scores: readonly Score[],
  model: ScoredModel,
  tasks: readonly string[],
  metric: MetricName,
): (number | string)[] | null {
  const found = tasks.map((task) => scoreOf(scores, model, task, metric)?.value ?? null);
  const middle = mean(found.filter((value) => value !== null));
  return middle === null ? null : [...found.map((value) => value ?? '–'), middle];
}

function paperRow(
  paper: NonNullable<Variation['paper']>,
  tasks: readonly string[],
  metric: MetricName,
): (number | string)[] {
  const scale = metric === 'perplexity' ? 1 : 100;
  const given = tasks.map((task) => paper[task] ?? null);
  const middle = paper['mean'] ?? meanOfAll(given);
  const cells = [...given, middle].map((value) => (value === null ? '–' : value / scale));
  return ['  in the paper', ...cells];
}

function overlapTable({ models, intersections }: ReportedRun['result']): Table {
  const matrix = jaccardMatrix({ intersections });
  const row = (i: number) => matrix.slice(i * models.length, (i + 1) * models.length);
  return {
    columns: [text('Mask'), ...models.map(share)],
    rows: models.length > 1 ? models.map((name, i) => [name, ...row(i)]) : [],
  };
}

function partTables(runs: readonly ReportedRun[], part: SharePart): ReportTable[] {
  return masked(runs).map(({ name, result }) => ({
    title: `Positions of each mask by ${part}: ${name}`,
    table: sharesTable(maskShares(result, part), result.models, part),
  }));
}

/** Which share of the scope belongs to how many tasks. */
function ownersTable(runs: readonly ReportedRun[]): ReportTable {
  const most = Math.max(0, ...runs.map(({ result }) => result.owners.length));
  const label = (tasks: number) => (tasks === 1 ? '1 task' : `${tasks} tasks`);
  return {
    title: 'Weights in scope by the number of tasks that own them',
    table: {
      columns: [text('Method'), ...Array.from({ length: most }, (_, n) => share(label(n)))],
      rows: runs.map(({ name, result: { owners, parameters } }) => [
        name,
        ...Array.from({ length: most }, (_, n) => ratio(owners[n] ?? 0, parameters.scope)),
      ]),
    },
  };
}

/** Seconds to find masks, also where an earlier run found them, and to merge. */
function secondsTable(runs: readonly ReportedRun[]): ReportTable {
  return {
    title: 'Seconds on this machine',
    table: {
      columns: [text('Method'), ...['Localize or learn', 'Merge', 'Evaluate'].map(number)],
      rows: runs.map(({ name, result: { seconds, localized } }) => [
        name,
        Math.max(
          seconds.localize,
          searchSeconds(localized, (preset) => preset === 'joint'),
        ),
        seconds.merge,
        seconds.evaluate,
      ]),
    },
  };
}
