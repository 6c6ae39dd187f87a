import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { patchInPython } from './patchInPython.ts';

// scripts/checkPatch.py runs the code of README.md on patches that the app saved.
test('the code on the page is that of README.md', () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(`\`\`\`python\n${patchInPython('mood.patch.safetensors')}\`\`\``);
});
