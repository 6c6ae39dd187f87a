import type { Scope } from '../recipe/recipe.ts';
import { nearestName } from '../wording.ts';

/** Whether a pattern names a tensor: `*` and `?` as in file names; without them the whole name, or its first parts, up to a dot or a slash. */
export function matchesPattern(pattern: string, name: string): boolean {
  if (/[*?]/.test(pattern)) return matchesGlob(pattern, name);
  if (pattern === '') return false;
  if (name === pattern || /[./]$/.test(pattern)) return name.startsWith(pattern);
  return name.startsWith(`${pattern}.`) || name.startsWith(`${pattern}/`);
}

/** Greedy matching with one way back, so that no pattern takes more than pattern × name steps. */
function matchesGlob(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let star = -1;
  let resume = 0;
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = n;
    } else if (pattern[p] === '?' || pattern[p] === name[n]) {
      p++;
      n++;
    } else if (star >= 0) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** The first parts of a tensor's name that a pattern is nearly; null where none are near. */
export function nearPattern(pattern: string, names: readonly string[]): string | null {
  const parts = pattern.split('.').length;
  const starts = names.map((name) => name.split('.').slice(0, parts).join('.'));
  return nearestName(pattern, [...new Set([...starts, ...names])]);
}

/** The patterns of a scope that name none of these tensors. */
export function idlePatterns(scope: Scope, names: readonly string[]): string[] {
  if (typeof scope === 'string') return [];
  const patterns = [...(scope.include ?? []), ...(scope.exclude ?? [])];
  return patterns.filter((pattern) => !names.some((name) => matchesPattern(pattern, name)));
}
