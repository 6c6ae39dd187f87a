import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type Locator, type Page, test } from '@playwright/test';
import {
  bytesFrom,
  pickledDict,
  pickledTensor,
  torchZip,
  zipBytes as zip,
} from '../src/test/torchFiles.ts';
import { countElements, gpt2, safetensorsHeader } from '../scripts/shapes.js';
import { makeCheckpoint } from './makeCheckpoint.ts';
import { file, safetensors, statingHeader, type InputFile } from './support/badFiles.ts';
import { addToLibrary, names } from './support/library.ts';

interface Row {
  what: string;
  files: InputFile[];
  /** What and where, the value met, the remedy. */
  says: RegExp[];
}

const again = /Download the (file|folder) again/;
const whole = makeCheckpoint('whole', 5).buffer;
const first = safetensors('model-00001-of-00002.safetensors', [['a', 'F32', [2], 0, 8]], 8);
const second = safetensors('model-00002-of-00002.safetensors', [['b', 'F32', [2], 0, 8]], 8);

const shardIndex = (map: Record<string, string>) =>
  file('model.safetensors.index.json', Buffer.from(JSON.stringify({ weight_map: map })));

const single: Row[] = [
  {
    what: 'a truncated file',
    files: [file('cut.safetensors', whole.subarray(0, -100))],
    says: [
      /cut\.safetensors is cut off/,
      new RegExp(`end at byte ${whole.length}, the file at byte ${whole.length - 100}`),
      again,
    ],
  },
  {
    what: 'a file of overlapping offsets',
    files: [
      safetensors(
        'lap.safetensors',
        [
          ['a', 'F32', [4], 0, 16],
          ['b', 'F32', [4], 8, 24],
        ],
        24,
      ),
    ],
    says: [/lap\.safetensors has overlapping tensors: tensor "b" begins at byte \d+/, again],
  },
  {
    what: 'a file with a hole between offsets',
    files: [
      safetensors(
        'hole.safetensors',
        [
          ['a', 'F32', [2], 0, 8],
          ['b', 'F32', [2], 12, 20],
        ],
        20,
      ),
    ],
    says: [/hole\.safetensors has a hole: tensor "b" begins at byte \d+/, again],
  },
  {
    what: 'a header that ends past the file',
    files: [statingHeader('short.safetensors', 4096)],
    says: [
      /short\.safetensors is cut off: its header ends at byte 4104, the file at byte 16/,
      again,
    ],
  },
  {
    what: 'a header over the cap',
    files: [statingHeader('vast.safetensors', 100_000_001)],
    says: [/vast\.safetensors states a header of 100000001 bytes, over the cap/, again],
  },
  {
    what: 'an unknown dtype',
    files: [safetensors('odd.safetensors', [['w', 'F128', [1], 0, 16]], 16)],
    says: [/odd\.safetensors has a tensor "w" of the unknown dtype "F128"/, again],
  },
  {
    what: 'a shape that overflows',
    files: [safetensors('huge.safetensors', [['w', 'F32', [4294967296, 4294967296], 0, 4]], 4)],
    says: [
      /huge\.safetensors has a tensor "w" of F32 \[4294967296, 4294967296\].*over 2\^53/,
      again,
    ],
  },
  {
    what: 'a duplicate name',
    files: [
      safetensors(
        'twin.safetensors',
        [
          ['w', 'F32', [1], 0, 4],
          ['w', 'F32', [1], 4, 8],
        ],
        8,
      ),
    ],
    says: [/twin\.safetensors: the header/, /"w"/, again],
  },
  {
    what: 'a zero-byte file',
    files: [file('nothing.safetensors', Buffer.alloc(0))],
    says: [/nothing\.safetensors is empty/, /again/],
  },
  {
    what: 'a zip renamed to .safetensors',
    files: [file('packed.safetensors', zip([{ name: 'notes.txt', bytes: Buffer.alloc(9) }]))],
    says: [/packed\.safetensors/, /zip/, /unpack/i],
  },
  {
    what: 'a pickle that runs a command',
    files: [file('pytorch_model.bin', torchZip(bytesFrom('cposix\nsystem\nX\x02\0\0\0ls\x85R.')))],
    says: [
      /pytorch_model\.bin/,
      /posix\.system, at byte 0/,
      /Nothing of it was run/,
      /Do not load/,
    ],
  },
  {
    what: 'a PyTorch file with a packed storage',
    files: [
      file(
        'packed.pt',
        zip([
          { name: 'a/data.pkl', bytes: pickledDict([['w', pickledTensor()]]) },
          { name: 'a/data/0', bytes: Buffer.alloc(16), method: 8, statedBytes: 2 ** 31 },
        ]),
      ),
    ],
    says: [/packed\.pt/, /"a\/data\/0" packed by method 8/, /torch\.save/],
  },
  {
    what: 'a tensor past the end of its storage',
    files: [
      file(
        'past.pth',
        torchZip(pickledDict([['w', pickledTensor({ shape: [5] })]]), { 0: Buffer.alloc(16) }),
      ),
    ],
    says: [/past\.pth/, /"w"/, /element 5 of a storage of 4, at byte \d+/, again],
  },
  {
    what: 'an old PyTorch pickle that is cut off',
    files: [file('weights.pt', Buffer.from([0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46]))],
    says: [/weights\.pt/, /breaks off/, /PyTorch/],
  },
  {
    what: 'a GGUF file',
    files: [file('model.gguf', Buffer.concat([Buffer.from('GGUF'), Buffer.alloc(60, 3)]))],
    says: [/could not be opened\s*model\.gguf is a GGUF file/, /safetensors/],
  },
];

const folders: Row[] = [
  {
    what: 'a missing shard',
    files: [first, shardIndex({ a: first.name, b: second.name })],
    says: [/names the shard model-00002-of-00002\.safetensors, which is missing/, again],
  },
  {
    what: 'a shard that is not in the index',
    files: [first, second, shardIndex({ a: first.name })],
    says: [/does not name the shard model-00002-of-00002\.safetensors/, again],
  },
  {
    what: 'an index that names a file outside the folder',
    files: [first, shardIndex({ a: '../x' })],
    says: [/tensor "a" into "\.\.\/x", which is not a plain file name/, again],
  },
];

async function openFolder(page: Page, files: readonly InputFile[]): Promise<void> {
  const folder = test.info().outputPath('bad-folder');
  await mkdir(folder, { recursive: true });
  for (const { name, buffer } of files) await writeFile(join(folder, name), buffer);
  await page.locator('#open-folder').setInputFiles(folder);
}

/** One message that says all of it; what was stored before is whole. */
async function expectRefused(page: Page, alert: Locator, says: readonly RegExp[]): Promise<void> {
  await expect(alert).toHaveCount(1);
  for (const pattern of says) await expect(alert).toContainText(pattern);
  await expect(names(page)).toHaveText(['earlier']);
}

test.describe('refused with what to do', () => {
  test.describe.configure({ mode: 'serial' });
  let page: Page;
  test.beforeAll(async ({ browser }) => {
    page = await browser.newPage();
    await page.goto('/');
    await addToLibrary(page, [makeCheckpoint('earlier', 0)]);
  });
  test.afterAll(() => page.context().close());

  for (const { what, files, says } of [...single, ...folders])
    test(what, async () => {
      if (files.length === 1) await page.locator('#open-files').setInputFiles(files);
      else await openFolder(page, files);
      const alert = page.getByRole('region', { name: 'What you dropped' }).getByRole('alert');
      await expect(alert.getByRole('listitem')).toHaveCount(1);
      await expectRefused(page, alert, says);
      await page.getByRole('button', { name: 'Discard' }).click();
      await expect(alert).toHaveCount(0);
    });

  test('a checkpoint of another architecture, with its tensors, before a byte is copied', async () => {
    const { tensors } = gpt2({ layers: 1, hidden: 16, vocabulary: 20, positions: 8, heads: 2 });
    const bytes = tensors.reduce((sum, tensor) => sum + 4 * countElements(tensor), 0);
    const stranger = Buffer.concat([safetensorsHeader(tensors, 'F32'), Buffer.alloc(bytes, 1)]);
    await page.locator('#open-files').setInputFiles([file('stranger.safetensors', stranger)]);
    const panel = page.getByRole('region', { name: 'What you dropped' });
    await expect(panel.getByRole('checkbox', { name: 'Add stranger' })).toBeDisabled();
    await expect(panel.getByRole('button', { name: /^Add to library/ })).toBeDisabled();
    await panel.getByText(`${tensors.length} only here, left out`).click();
    await expect(panel.getByText('h.0.attn.c_attn.weight', { exact: true })).toBeVisible();
    await expectRefused(page, panel.getByRole('alert'), [/stranger/, /earlier/, /GPT-2/]);
  });

  test('and the library takes in the next file, and keeps it', async () => {
    await addToLibrary(page, [makeCheckpoint('next', 2)]);
    await page.reload();
    await expect(names(page)).toHaveText(['earlier', 'next']);
  });
});

test('a recipe whose base is not in the library names it, and runs once it is there', async ({
  page,
}) => {
  await page.goto('/');
  await addToLibrary(page, [makeCheckpoint('earlier', 0)]);
  await expect(names(page)).toHaveText(['earlier']);
  const recipe = 'merge_method: linear\nbase_model: absent\nmodels: [{model: earlier}]\n';
  await page.locator('#open-files').setInputFiles([file('recipe.yml', Buffer.from(recipe))]);
  await expect(page.getByText(/Not in the library: .*absent.*Open it/)).toBeVisible();
  const merge = page.getByRole('button', { name: 'Merge', exact: true });
  await expect(merge).toBeDisabled();

  await addToLibrary(page, [makeCheckpoint('absent', 1)]);
  await expect(names(page)).toHaveText(['earlier', 'absent']);
  await page.getByRole('link', { name: 'Merge', exact: true }).click();
  await merge.click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('of weights changed');
});
