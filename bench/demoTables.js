/** @typedef {Awaited<ReturnType<typeof import('./demo.js').benchDemo>>} DemoFigures */
/** @typedef {import('./demo.js').DemoRow} DemoRow */
/** @typedef {Omit<Awaited<ReturnType<typeof import('./compare.js').benchMethods>>, 'order'>} MethodFigures */

const percent = (/** @type {number | null} */ share) =>
  share === null || Number.isNaN(share) ? '' : (share * 100).toFixed(1);
const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;
const mean = (/** @type {number[]} */ values) => values.reduce((a, b) => a + b, 0) / values.length;

const labels = {
  dataless: 'Stitch of largest changes',
  random: 'Stitch of random weights',
  ...{ paper: 'L&S `paper`', reference: 'L&S `reference`', scaled: 'L&S `scaled`' },
  ...{ hard: 'L&S `hard`', joint: 'L&S `joint`', grafting: 'Grafting, stitched' },
};
const nameOf = (/** @type {string} */ name) =>
  /** @type {Record<string, string>} */ (labels)[name] ?? name;

/**
 * Groups in the order of their first members.
 * @template T
 * @param {readonly T[]} members
 * @param {(member: T) => string} keyOf
 */
function groupBy(members, keyOf) {
  /** @type {Map<string, T[]>} */
  const groups = new Map();
  for (const member of members)
    groups.set(keyOf(member), [...(groups.get(keyOf(member)) ?? []), member]);
  return groups;
}

/** Rows that differ by their seed alone, as one of means. @param {DemoRow[]} rows */
function overSeeds(rows) {
  const groups = groupBy(rows, ({ name, setting }) => `${name} ${setting}`);
  return [...groups.values()].map((group) => {
    const first = /** @type {DemoRow} */ (group[0]);
    const over = (/** @type {(row: DemoRow) => number} */ of) => mean(group.map(of));
    const means = group.map((row) => row.mean);
    return {
      ...first,
      accuracy: first.accuracy.map((_, task) => over(({ accuracy }) => accuracy[task] ?? NaN)),
      mean: over((row) => row.mean),
      spread: group.length > 1 ? (Math.max(...means) - Math.min(...means)) / 2 : null,
      normalised: over((row) => row.normalised),
      shots: over((row) => row.shots),
      general: first.general === null ? null : over((row) => row.general ?? NaN),
      changed: over((row) => row.changed),
      seconds: over((row) => row.seconds),
      graft: first.graft === null ? null : over((row) => row.graft ?? NaN),
      seeds: group.length,
    };
  });
}

/**
 * Each method with the setting that is best on the few shots, never on the tests; then those that the comparison alone has.
 * @param {DemoFigures} figures
 * @param {MethodFigures} [compared]
 */
function methodTable({ tasks, general, rows }, compared) {
  const byMethod = groupBy(overSeeds(rows), ({ name }) => name);
  const best = [...byMethod.values()].map((settings) =>
    settings.reduce((a, b) => (b.shots > a.shots ? b : a)),
  );
  const head = ['', 'setting', ...tasks.map(({ label }) => label), 'mean', 'of fine-tuned'];
  return [
    line([...head, ...(general ? [general] : []), 'changed', 'search']),
    line([
      ...head.map((_, at) => (at < 2 ? '---' : '---:')),
      ...(general ? ['---:'] : []),
      '---:',
      '---:',
    ]),
    ...best.map((row) =>
      line([
        ...[nameOf(row.name), row.setting, ...row.accuracy.map(percent)],
        `**${percent(row.mean)}**${row.spread === null ? '' : ` ± ${percent(row.spread)}`}`,
        ...[percent(row.normalised), ...(general ? [percent(row.general)] : [])],
        ...[percent(row.changed), row.seconds ? `${row.seconds.toFixed(0)} s` : ''],
      ]),
    ),
    ...(compared ? comparedRows(compared, general !== null) : []),
  ].join('\n');
}

/** Methods that the demo's own searches and grids do not measure. */
const alsoAbove = /^(localize_and_stitch\/|linear$|task_arithmetic$|ties$)/;

/** Rows of the comparison; of a method that was tuned, the tuned one. @param {MethodFigures} figures @param {boolean} general */
function comparedRows({ methods, tuned }, general) {
  const measured = methods.filter(({ id, why }) => !why && !alsoAbove.test(id));
  const best = [...groupBy(measured, ({ label }) => label).values()].map(
    (forms) => forms.find(({ setting }) => setting) ?? forms[0],
  );
  return best.flatMap((row) => {
    if (!row) return [];
    const { label, setting, accuracy, changed, seconds } = row;
    const normalised = mean(accuracy.map((value, task) => value / (tuned[task] ?? NaN)));
    return line([
      ...[label, setting, ...accuracy.map(percent)],
      ...[`**${percent(mean(accuracy))}**`, percent(normalised), ...(general ? [''] : [])],
      ...[percent(changed), seconds.localize >= 1 ? `${seconds.localize.toFixed(0)} s` : ''],
    ]);
  });
}

/**
 * Mean accuracy of grafts and of stitched models by localizer and density.
 * @param {DemoFigures} figures
 * @param {'graft' | 'mean'} kind
 */
function densityTable({ rows }, kind) {
  const found = overSeeds(rows).filter(({ density }) => density !== null);
  const densities = [...new Set(found.map(({ density }) => density ?? 0))].sort((a, b) => a - b);
  return [
    line(['', ...densities.map((density) => `${100 * density} %`)]),
    line(['---', ...densities.map(() => '---:')]),
    ...[...groupBy(found, ({ name }) => name)].map(([name, each]) =>
      line([
        nameOf(name),
        ...densities.map((density) =>
          percent(each.find((row) => row.density === density)?.[kind] ?? NaN),
        ),
      ]),
    ),
  ].join('\n');
}

/** Mean accuracy of the methods without masks by their one weight. @param {DemoFigures} figures */
function weightTable({ rows }) {
  const found = rows.filter(({ density, setting }) => density === null && setting !== '');
  const methods = [...groupBy(found, ({ name }) => name)];
  const weights = methods[0]?.[1].map(({ setting }) => setting.split(' ').at(-1) ?? '') ?? [];
  return [
    line(['', ...weights]),
    line(['---', ...weights.map(() => '---:')]),
    ...methods.map(([name, each]) => line([name, ...each.map((row) => percent(row.mean))])),
  ].join('\n');
}

/**
 * When rows were measured that are of another day than the rest.
 * @param {{ renewed?: Record<string, string> }} figures
 */
export function renewedNote({ renewed = {} }) {
  return Object.entries(renewed)
    .map(([name, date]) => `\`${name}\` is of ${date}.`)
    .join(' ');
}

/**
 * A demo's figures, as a section.
 * @param {import('./run.js').Dated<DemoFigures>} figures
 * @param {MethodFigures} [compared]
 */
export function demoSection(figures, compared) {
  const { which, date, browser, backend, scope, shots, tasks, seconds, machine } = figures;
  const note = [figures.note, renewedNote(figures)].filter(Boolean).join(' ');
  const tests = tasks.map(
    ({ label, classes, tests }) => `${label} ${classes} × ${tests / classes}`,
  );
  return `## The demo of ${which === 'vision' ? 'pictures' : 'texts'}

${date}, Chromium ${browser}, ${backend} on ${machine.cores} cores, ${(seconds / 60).toFixed(0)} minutes: \`npm run bench -- --only ${which}\`. Test accuracy in percent; classes × tests of each: ${tests.join(', ')}.
${scope.toLocaleString('en')} weights in scope, ${shots} shots a class for searches; a density is read off the ranking of the next larger search. ± is half the range over seeds. Every method is shown at the setting that is best on the few shots or, where none is named, at its defaults; no test example chooses anything.${note ? ` ${note}` : ''}

${methodTable(figures, compared)}

Methods without masks by their weight (α or λ), mean over tasks:

${weightTable(figures)}

Grafts (the base with one task's mask, on that task), mean over tasks, by density:

${densityTable(figures, 'graft')}

Stitched from all tasks' masks, mean over tasks, by density:

${densityTable(figures, 'mean')}
`;
}
