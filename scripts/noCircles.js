import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const importing = /\b(?:from|import)\s*\(?\s*'(\.[^']+\.(?:ts|svelte))'/g;

/** @type {Map<string, string[]> | null} */
let graph = null;

/**
 * The files of src/ with those each imports, types included.
 * @param {string} root
 */
function importsOf(root) {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(?:ts|svelte)$/.test(file))
    .map((file) => join(root, 'src', file));
  return new Map(
    files.map((file) => [
      file,
      [...readFileSync(file, 'utf8').matchAll(importing)].map(([, path = '']) =>
        resolve(dirname(file), path),
      ),
    ]),
  );
}

/**
 * Files on the way from one to another, both included; null where none leads there.
 * @param {Map<string, string[]>} imports
 * @param {string} from
 * @param {string} to
 */
function wayBetween(imports, from, to) {
  /** @type {Map<string, string | null>} */
  const cameFrom = new Map([[from, null]]);
  for (const file of cameFrom.keys()) {
    if (file === to) {
      const way = [];
      for (let at = /** @type {string | null} */ (to); at; at = cameFrom.get(at) ?? null)
        way.unshift(at);
      return way;
    }
    for (const next of imports.get(file) ?? []) if (!cameFrom.has(next)) cameFrom.set(next, file);
  }
  return null;
}

/**
 * Refuses circles of imports, types included: a file that cannot be understood without another that cannot without it.
 * @type {import('eslint').Rule.RuleModule}
 */
export const noCircles = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const imports = (graph ??= importsOf(context.cwd));
    /** @param {import('estree').ImportDeclaration | import('estree').ExportNamedDeclaration} node */
    const check = (node) => {
      const path = String(node.source?.value ?? '');
      if (!path.startsWith('.')) return;
      const imported = resolve(dirname(context.filename), path);
      if (imported === context.filename) return; // a component of itself
      const way = wayBetween(imports, imported, context.filename);
      if (!way) return;
      const names = way.map((file) => relative(join(context.cwd, 'src'), file)).join(' → ');
      context.report({ node, message: `A circle of imports: ${names}.` });
    };
    return { ImportDeclaration: check, ExportNamedDeclaration: check };
  },
};
