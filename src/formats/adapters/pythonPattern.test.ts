import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseStrictJson } from '../strictJson.ts';
import { alphaOf, readPeftConfig } from './peftConfig.ts';
import { parsePythonPattern } from './pythonPattern.ts';

/** scripts/patternGoldens.py: which of the names PEFT finds by each key. */
const { names, keys } = JSON.parse(
  readFileSync(new URL('goldens/patterns.json', import.meta.url), 'utf8'),
) as { names: string[]; keys: Record<string, number[]> };

function configOf(key: string) {
  const text = JSON.stringify({ lora_alpha: 1, alpha_pattern: { [key]: 2 } });
  const root = parseStrictJson(new TextEncoder().encode(text), { what: '', remedy: '' });
  return readPeftConfig(root)!;
}

describe('a key of alpha_pattern', () => {
  it('means the modules that it means to PEFT', () => {
    expect(Object.keys(keys).length).toBeGreaterThan(400);
    for (const [key, wanted] of Object.entries(keys)) {
      const config = configOf(key);
      expect(config.refusal, key).toBeNull();
      const isFound = (name: string) => alphaOf(config, name, () => undefined) === 2;
      expect(
        names.flatMap((name, i) => (isFound(name) ? i : [])),
        key,
      ).toEqual(wanted);
    }
  });

  it.each([
    ['looks behind', '(?<=a)q'],
    ['looks ahead', '(?!a)q'],
    ['refers to a group', '(a)\\1'],
    ['refers to a group by name', '(?P<x>a)(?P=x)'],
    ['sets a flag', '(?i)q'],
    ['gives nothing back', 'a++'],
    ['gives nothing back in a group', '(?>a)'],
    ['asks for the bounds of a word', '\\bq'],
    ['repeats often', 'a{2000}'],
    ['repeats repeats', '((a{100}){100}){100}'],
    ['repeats nothing', '((){1000}){1000}'],
    ['has a long class', `[${'ab'.repeat(40)}]`],
    ['nests deep', '('.repeat(60) + ')'.repeat(60)],
    ['does not end', '(a'],
    ['is none', 'a**'],
    ['is long', 'a'.repeat(2001)],
  ])('that %s is refused', (_, key) => {
    expect(parsePythonPattern(key)).toBeNull();
    expect(configOf(key).refusal).toMatch(
      /^has the alpha_pattern ".*", which Stitchwork does not read\.$/,
    );
  });

  it.each(['(a*)*b', '(a|a)*b', '(a|aa)+$b', '.*.*.*.*.*.*.*.*b', '(.*a){20}b', '(a?){50}a{50}b'])(
    '%s takes steps that grow with the name, and no power of its length',
    (key) => {
      const pattern = parsePythonPattern(key)!;
      const stepsOf = (length: number) => {
        let steps = 0;
        expect(pattern.ends([...'a'.repeat(length)], (more) => (steps += more))).toBe(false);
        return steps;
      };
      expect(stepsOf(2000)).toBeLessThan(2.2 * stepsOf(1000));
      expect(stepsOf(2000)).toBeLessThan(2000 * 300);
    },
  );
});
