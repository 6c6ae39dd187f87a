import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { localizers } from '../localize/localizers/registry.ts';
import { methods } from '../merge/methods/registry.ts';
import { formatRecipe } from './formatRecipe.ts';
import { parseRecipe } from './parseRecipe.ts';
import { expandSweep } from './sweep.ts';

const folder = new URL('../../docs/paper/', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.yml'));
const parse = (text: string) => parseRecipe(text, Object.keys(methods), Object.keys(localizers));

describe('recipes of the paper', () => {
  it.each(files)('%s is read, names tables, and is written as it is read', (file) => {
    const recipe = parse(readFileSync(new URL(file, folder), 'utf8'));
    expect(recipe.tables?.length).toBeGreaterThan(0);
    expect(expandSweep(recipe).length).toBeGreaterThan(1);
    expect(parse(formatRecipe(recipe))).toEqual(recipe);
  });

  it('are told in their list', () => {
    const list = readFileSync(new URL('README.md', folder), 'utf8');
    expect(files.filter((file) => !list.includes(`(${file})`))).toEqual([]);
  });
});
