import { badFile } from '../errors.ts';
import type { SourceFile } from '../formats/source.ts';
import { chooseSpans, totalOf } from './fewShot.ts';
import { areGrouped, openGrouped } from './grouped.ts';
import { labelsOf } from './labelsOf.ts';
import { classText, spansOf, textRows, type GroupedTable, type Span } from './rowGroups.ts';
import { addRow, emptyTable, type Table } from './table.ts';

/** Files of more bytes are read in part where few examples are asked for. */
export const wholeBytes = 64 * 1024 ** 2;
/** Most labels that are met before a column is none of classes. */
const mostLabels = 10_000;
/** Most values of a column that are told of all rows. */
const mostTold = 64;

/** Which examples are wanted: so many of each label of a column, or of all where there is none. */
export interface Wanted {
  shots: number;
  seed: number;
  labelOf?: ((table: Table) => string | undefined) | undefined;
  /** A column of few values, of which all are to be known. */
  toldOf?: ((table: Table) => string | undefined) | undefined;
}

/** Whether files are read in part where few examples are asked for. */
export const isSampled = (files: readonly SourceFile[]) =>
  areGrouped(files) && files.reduce((sum, { blob }) => sum + blob.size, 0) > wholeBytes;

/** A part of a table with enough examples, and how many of each label all of it has. */
export interface Sample {
  table: Table;
  counts: ReadonlyMap<string, number>;
  /** The values of the column asked for in all rows; absent where there are too many. */
  told?: ReadonlySet<string>;
}

/**
 * Reads the labels of all rows and what is to be told of them, and as many spans of the others, in seeded order, as have the
 * examples wanted; lines are numbers of rows. Throws BadFile.
 */
export async function sampleTable(
  name: string,
  files: readonly SourceFile[],
  { shots, seed, labelOf, toldOf }: Wanted,
): Promise<Sample> {
  const grouped = await openGrouped(files);
  const { columns, notText, classes: named } = grouped;
  const classes = new Map(named);
  const table = emptyTable({ columns, classes, notText });
  const label = labelOf?.(table);
  const spans = spansOf(grouped.groups);
  const met = await labelsBySpan(name, grouped, spans, label);
  const chosen = chooseSpans(met, shots, seed);
  const counts = totalOf(met);
  if (label !== undefined && !classes.has(label)) classes.set(label, labelsOf([...counts.keys()]));
  for (const at of chosen) {
    const span = spans[at]!;
    for (const [i, row] of (await textRows(grouped, span)).entries())
      addRow(name, table, row, span.row + i + 1);
  }
  const told = await valuesOf(grouped, toldOf?.(table));
  return { table, counts, ...(told && { told }) };
}

/** The values of a column in all rows; null where there are too many, or none is asked for. */
async function valuesOf(
  table: GroupedTable,
  column: string | undefined,
): Promise<Set<string> | null> {
  if (column === undefined || !table.columns.includes(column) || table.notText.has(column))
    return null;
  const met = new Set<string>();
  for (const [group, { rows }] of table.groups.entries()) {
    const [values = []] = await table.read(group, [column], 0, rows);
    for (const value of values) {
      const text = classText(value, table.classes.get(column));
      if (text !== null) met.add(text.trim());
    }
    if (met.size > mostTold) return null;
  }
  return met;
}

/** How often each label is met in each span. */
async function labelsBySpan(
  name: string,
  table: GroupedTable,
  spans: readonly Span[],
  label: string | undefined,
): Promise<Map<string, number>[]> {
  if (label === undefined || !table.columns.includes(label))
    return spans.map(({ from, to }) => new Map([['', to - from]]));
  const distinct = new Set<string>();
  const counted: Map<string, number>[] = [];
  let [group, values]: [number, string[]] = [-1, []];
  for (const span of spans) {
    if (span.group !== group) {
      group = span.group;
      values = await labelsOfGroup(name, table, label, { ...span, to: table.groups[group]!.rows });
    }
    const counts = new Map<string, number>();
    for (const text of values.slice(span.from, span.to)) {
      counts.set(text, (counts.get(text) ?? 0) + 1);
      distinct.add(text);
    }
    counted.push(counts);
    if (distinct.size <= mostLabels) continue;
    throw badFile(
      `${name} has more than ${mostLabels} labels in the column ${JSON.stringify(label)}. Choose the one with the classes.`,
    );
  }
  return counted;
}

/** The labels of a group whose first span this is. */
export async function labelsOfGroup(
  name: string,
  table: GroupedTable,
  label: string,
  { group, to, row }: Span,
): Promise<string[]> {
  const names = table.classes.get(label);
  const [values = []] = await table.read(group, [label], 0, to);
  return values.map((value, at) => {
    const text = classText(value, names);
    if (text !== null) return text.trim();
    throw badFile(
      `Line ${row + at + 1} of ${name} has no ${JSON.stringify(label)}. Fill it in, or remove the line.`,
    );
  });
}
