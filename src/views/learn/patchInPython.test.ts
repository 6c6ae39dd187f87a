import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { patchInPython } from './patchInPython.ts';

// scripts/checkPatch.py runs the code of docs/files.md on patches that the app saved.
test('the code on the page is that of docs/files.md', () => {
  const page = readFileSync(new URL('../../../docs/files.md', import.meta.url), 'utf8');
  expect(page).toContain(`\`\`\`python\n${patchInPython('mood.patch.safetensors')}\`\`\``);
});
