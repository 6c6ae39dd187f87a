/**
 * A table in Markdown whose columns stand below each other as text, too; numbers to the right.
 * @param {readonly string[]} columns
 * @param {readonly (readonly string[])[]} rows
 */
export function markdownTable(columns, rows) {
  const cells = [columns, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = columns.map((_, i) => Math.max(3, ...cells.map((row) => row[i]?.length ?? 0)));
  const pad = (/** @type {string} */ cell, /** @type {number} */ i) =>
    i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0);
  const line = (/** @type {readonly string[]} */ row) => `| ${row.map(pad).join(' | ')} |\n`;
  const rule = widths.map((width, i) =>
    i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  const [head = [], ...body] = cells;
  return line(head) + `| ${rule.join(' | ')} |\n` + body.map(line).join('');
}
