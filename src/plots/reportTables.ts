import type { RunResult, Score, ScoredModel } from '../api/results.ts';
import type { MetricName, TableName, Variation } from '../recipe/recipe.ts';
import { formatPlural } from '../ui/format.ts';
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
  /** What a paper reports of the merged model, as it prints it: shares in percent. */
  paper?: Variation['paper'];
  /** Whether its method finds masks. */
  masks: boolean;
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
  scores: (runs) => scoreTables(runs, 'merged', 'the merged model'),
  grafts: (runs) =>
    scoreTables(
      runs.map(({ paper: _, ...run }) => run),
      'graft',
      'grafts, each with the mask of its task alone',
    ),
  general: (runs) =>
    scoreTables(
      runs.map((run) => ({ ...run, result: { ...run.result, scores: run.result.general ?? [] } })),
      'merged',
      'the merged model on tasks that no model was tuned for',
    ),
  overlap: (runs) =>
    runs.filter(masked).map(({ name, result }) => ({
      title: `Overlap of masks (Jaccard index): ${name}`,
      table: overlapTable(result),
    })),
  layers: (runs) => partTables(runs, 'layer'),
  components: (runs) => partTables(runs, 'component'),
  owners: (runs) => [ownersTable(runs.filter(masked))],
  seconds: (runs) => [secondsTable(runs)],
};

const masked = ({ masks }: ReportedRun) => masks;

/** A table for each metric: base and fine-tuned models, then every run, and beneath it what a paper reports. */
function scoreTables(
  runs: readonly ReportedRun[],
  model: ScoredModel,
  what: string,
): ReportTable[] {
  const all = runs.flatMap(({ result }) => result.scores);
  return metricsOf(all).map((metric) => {
    const tasks = tasksOf(all, metric);
    const rowOf = (name: string, scores: readonly Score[], of: ScoredModel) => {
      const values = tasks.map((task) => scoreOf(scores, of, task, metric)?.value ?? null);
      return values.some((value) => value !== null) ? [scoreRow(name, values)] : [];
    };
    const rows = runs.flatMap(({ name, paper, result }) => [
      ...rowOf(name, result.scores, model),
      ...(paper ? paperRow(paper, tasks, metric) : []),
    ]);
    const references = [...rowOf('Base', all, 'base'), ...rowOf('Fine-tuned', all, 'finetuned')];
    const columns = tasks.length > 1 ? [...tasks, 'Mean'] : tasks;
    return {
      title: `${capital(metricNames[metric])} of ${what}`,
      table: {
        columns: [text('Method'), ...columns.map(scoreColumn(metric))],
        rows: rows.length > 0 ? [...references, ...rows] : [],
      },
    };
  });
}

/** A row of scores by task and, of several, their mean or that of the tasks known. */
function scoreRow(
  name: string,
  values: readonly (number | null)[],
  middle = mean(values.filter((value) => value !== null)),
): (number | string)[] {
  const cells = values.length > 1 ? [...values, middle] : values;
  return [name, ...cells.map((value) => value ?? '–')];
}

/** What a paper reports, in the unit of the scores; none of other tasks. */
function paperRow(
  paper: NonNullable<Variation['paper']>,
  tasks: readonly string[],
  metric: MetricName,
): (number | string)[][] {
  const scale = metric === 'perplexity' ? 1 : 100;
  const [middle = null, ...values] = ['mean', ...tasks].map((task) => {
    const value = paper[task];
    return value === undefined ? null : value / scale;
  });
  const known = tasks.length > 1 ? [middle, ...values] : values;
  if (known.every((value) => value === null)) return [];
  return [scoreRow('  in the paper', values, middle ?? meanOfAll(values))];
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
  return runs.filter(masked).map(({ name, result }) => ({
    title: `Positions of each mask by ${part}: ${name}`,
    table: sharesTable(maskShares(result, part), result.models, part),
  }));
}

/** Which share of the scope belongs to how many tasks. */
function ownersTable(runs: readonly ReportedRun[]): ReportTable {
  const most = Math.max(0, ...runs.map(({ result }) => result.owners.length));
  const label = (tasks: number) => (tasks === 0 ? 'Base' : formatPlural(tasks, 'task'));
  return {
    title: 'Weights in scope by who owns them: the base, or so many tasks',
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
