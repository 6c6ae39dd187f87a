import { expect, it } from 'vitest';
import { pythonIn } from './pythonIn.ts';

it('takes the lines below their heading, whatever the fence', () => {
  const card = (fence: string, code: string) =>
    `# merged\n\n${fence}yaml\na: 1\n${fence}\n\n## Load it in Python\n\n${fence}python\n${code}\n${fence}\n\n## More\n`;
  expect(pythonIn(card('```', 'import torch\n\nmodel = 1'))).toBe('import torch\n\nmodel = 1');
  expect(pythonIn(card('````', 'name = "```"'))).toBe('name = "```"');
});

it('has none of a card without them', () => {
  expect(pythonIn('')).toBe('');
  expect(pythonIn('# merged\n\n```python\nx = 1\n```\n')).toBe('');
});
