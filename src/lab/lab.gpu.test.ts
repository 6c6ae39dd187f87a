import { beforeAll, expect, test } from 'vitest';
import type { Recipe } from '../recipe/recipe.ts';
import { engine } from '../engine/client.ts';
import { names, recipeOf, storeLabSuite } from '../test/labSuite.ts';
import { picoData } from '../test/picoSuite.ts';
import type { LabModel, LabScore } from '../api/lab.ts';

const { lab } = engine;
const quiet = () => undefined;

beforeAll(() => storeLabSuite(engine));

const open = (kind: string) => lab.open('open', { recipe: recipeOf(kind) }, quiet);
const scoresOf = (model: LabModel) => lab.score('slot', model, [0, 1, 2], quiet);
const shares = (scores: readonly LabScore[]) => scores.map(({ right, n }) => right / n);
const each = <T>(value: T): T[] => names.map(() => value);

/** Accuracies of a run on every task, by what was scored. */
async function ran(recipe: Recipe) {
  const result = await engine.run('job', recipe, quiet);
  const { id, scores, parameters, intersections, owners } = result;
  const of = (kind: string) =>
    scores.filter(({ model }) => model === kind).map(({ value }) => value);
  return { id, of, parameters, intersections, owners };
}

test.each(['text', 'image'])('scores %s models as runs do', { timeout: 300_000 }, async (kind) => {
  const parameters = { density: 0.2 };
  const stitched = await ran(recipeOf(kind, { parameters }));
  const ties = await ran(recipeOf(kind, { merge_method: 'ties', parameters }));
  const arithmetic = { weight: 0.4 };
  const added = await ran(
    recipeOf(kind, { merge_method: 'task_arithmetic', parameters: arithmetic }),
  );
  const info = await open(kind);
  expect(info.tasks.map(({ id, tests, shots }) => [id, tests, shots])).toEqual(
    names.map((name, i) => [
      `${kind}-${name}`,
      kind === 'text' ? 70 : 3 * (20 + i),
      kind === 'text' ? 20 : 12,
    ]),
  );
  expect([info.scope, info.parameters]).toEqual([
    stitched.parameters.scope,
    stitched.parameters.total,
  ]);
  expect(shares(await scoresOf({ kind: 'base' }))).toEqual(stitched.of('base'));
  for (const [task] of names.entries())
    expect(
      (await lab.score('slot', { kind: 'tuned', task }, [task], quiet)).map(
        ({ right, n }) => right / n,
      ),
    ).toEqual([stitched.of('finetuned')[task]]);
  const mask = { by: 'dataless', density: 0.2 };
  for (const [task] of names.entries()) {
    const graft: LabModel = {
      kind: 'stitch',
      masks: names.map((_, m) => (m === task ? mask : null)),
    };
    expect(shares(await lab.score('slot', graft, [task], quiet))).toEqual([
      stitched.of('graft')[task],
    ]);
  }
  expect(shares(await scoresOf({ kind: 'stitch', masks: each(mask) }))).toEqual(
    stitched.of('merged'),
  );
  expect(shares(await scoresOf({ kind: 'sum', weights: each(0.4) }))).toEqual(added.of('merged'));
  const elected: LabModel = { kind: 'ties', tasks: [0, 1, 2], density: 0.2, lambda: 1 };
  expect(shares(await scoresOf(elected))).toEqual(ties.of('merged'));
  // Methods of which the lab makes no models are asked as their runs merged them.
  const spectral = await ran(recipeOf(kind, { merge_method: 'tsv_merge' }));
  for (const run of [ties, spectral]) {
    const merged: LabModel = { kind: 'run', run: run.id };
    expect(shares(await scoresOf(merged))).toEqual(run.of('merged'));
    expect(await lab.changed(merged)).toBe(run.parameters.changed);
  }
  const { intersections, owners } = stitched;
  const overlap = await lab.overlap(each(mask));
  expect(overlap).toMatchObject({ intersections, owners });
  expect(overlap.changed).toBe(stitched.parameters.changed);
  expect(await lab.changed(elected)).toBe(ties.parameters.changed);
  expect(await lab.changed({ kind: 'base' })).toBe(0);
  await lab.close();
});

test('tells a first part, then growing ones; a newer request in a slot ends the older', async () => {
  await open('text');
  const told: LabScore[][] = [];
  const model: LabModel = { kind: 'sum', weights: each(0.3) };
  const scores = await lab.score('a', model, [0, 2], (part) => told.push(part));
  // Parts come by a port of their own, and the last may come after the answer.
  await expect.poll(() => told.length).toBe(5);
  expect(told.map((part) => part.map(({ n }) => n))).toEqual([
    [6, 6],
    [12, 12],
    [24, 24],
    [48, 48],
    [70, 70],
  ]);
  expect(told.at(-1)).toEqual(scores);
  expect(scores.map(({ task, of }) => [task, of])).toEqual([
    [0, 70],
    [2, 70],
  ]);
  const older = lab.score('a', { kind: 'sum', weights: each(0.5) }, [0, 1, 2], quiet);
  const other = lab.score('b', { kind: 'sum', weights: each(0.6) }, [0], quiet);
  const newer = lab.score('a', { kind: 'sum', weights: each(0.7) }, [0], quiet);
  await expect(older).rejects.toMatchObject({ kind: 'Cancelled' });
  expect((await Promise.all([other, newer])).map(([score]) => score?.n)).toEqual([70, 70]);
  const last = lab.score('a', { kind: 'sum', weights: each(0.8) }, [0, 1, 2], quiet);
  const closed = expect(last).rejects.toMatchObject({ kind: 'Cancelled' });
  await lab.close();
  await closed;
  await expect(lab.vector(0)).rejects.toThrow(/No models are held in memory/);
  const replaced = expect(open('image')).rejects.toMatchObject({ kind: 'Cancelled' });
  expect((await open('text')).image).toBeNull();
  await replaced;
  expect(await lab.pictures(0, 1)).toEqual([]);
  const texts = await lab.texts(0, 4);
  const lines = (await picoData('test.jsonl', 70, 20)[0]!.file.text()).trim().split('\n');
  const rows = lines.map((line) => JSON.parse(line) as { text: string; label: number });
  expect(texts.map(({ label }) => label)).toEqual([0, 1, 0, 1]);
  for (const { text, label } of texts) expect(rows).toContainEqual({ text, label });
});

test('refuses recipes without data, models that cannot be made, and masks not found', async () => {
  const recipe = recipeOf('text');
  const [first, ...rest] = recipe.models;
  const bare = { ...recipe, models: [{ model: first!.model }, ...rest] };
  await expect(lab.open('open', { recipe: bare }, quiet)).rejects.toThrow(
    /no test data for “text-first”.*Choose data/,
  );
  await open('text');
  const refused = (model: LabModel) => expect(scoresOf(model)).rejects;
  await refused({ kind: 'tuned', task: 3 }).toThrow(/takes fine-tune 4, and there are 3/);
  await refused({ kind: 'sum', weights: [1, NaN, 0] }).toThrow(/NaN/);
  await refused({ kind: 'stitch', masks: each({ by: 'hard', density: 0.1 }) }).toThrow(
    /No mask of “text-first” was found by “hard” yet/,
  );
  await refused({ kind: 'run', run: 'none' }).toThrow(/That result was deleted/);
  await refused({ kind: 'stitch', masks: each({ by: 'dataless', density: 1.5 }) }).toThrow(/1\.5/);
  await lab.close();
});

test.each(['hard', 'scaled', 'joint'])('masks that %s finds are those of a run', async (preset) => {
  const localize = { preset, budget: 'exact', shots: 8, seed: 0, epochs: 2 } as const;
  const run = await ran(recipeOf('image', { parameters: { density: 0.1 }, localize }));
  await open('image');
  const options = { density: 0.1, shots: 8, epochs: 2, seed: 0 };
  const seen: string[][] = [];
  const found = await lab.find('find', preset, [0, 1, 2], options, ({ models }) =>
    seen.push(models),
  );
  expect(found).toMatchObject({ localizer: preset, tasks: [0, 1, 2], density: 0.1 });
  expect(found.losses).toHaveLength(found.steps);
  expect(seen.at(-1)).toEqual(
    preset === 'joint' ? names.map((n) => `image-${n}`) : ['image-third'],
  );
  const { intersections, owners } = await lab.overlap(each({ by: preset, density: 0.1 }));
  expect({ intersections, owners }).toEqual({
    intersections: run.intersections,
    owners: run.owners,
  });
  const stitch: LabModel = { kind: 'stitch', masks: each({ by: preset, density: 0.1 }) };
  expect(shares(await scoresOf(stitch))).toEqual(run.of('merged'));
  const { kept } = await lab.overlap(each({ by: preset, density: 0.03 }));
  expect(kept).toEqual(each(Math.floor(0.03 * run.parameters.scope)));
  await lab.close();
});

test('scores and masks are there when the models are opened again', async () => {
  await open('image');
  const options = { density: 0.1, shots: 4, epochs: 1, seed: 0 };
  const found = await lab.find('find', 'hard', [1], options, quiet);
  expect(found.kept).toBe(true);
  const graft = (by: string): LabModel => ({ kind: 'stitch', masks: [null, { by, density: 0.1 }] });
  const scored = await scoresOf(graft('hard'));
  const other = await scoresOf(graft('dataless'));
  const { kept } = await lab.overlap([null, { by: 'hard', density: 0.1 }]);
  await lab.close();
  const foundOf1 = async () =>
    (await lab.found()).filter(({ localizer, tasks }) => localizer === 'hard' && tasks.includes(1));

  const recipe = recipeOf('image');
  const [first, ...rest] = recipe.models;
  // What a merge of them would take is nothing to them.
  const dense = { ...recipe, models: [{ ...first!, parameters: { density: 0.9 } }, ...rest] };
  await lab.open('open', { recipe: dense }, quiet);
  expect(await foundOf1()).toEqual([found]);
  const told: number[] = [];
  const again = (model: LabModel) =>
    lab.score('slot', model, [0, 1, 2], (scores) => told.push(scores.length));
  expect(await again(graft('hard'))).toEqual(scored);
  expect(await again(graft('dataless'))).toEqual(other);
  // Nothing was scored anew.
  expect(told).toEqual([]);
  expect((await lab.overlap([null, { by: 'hard', density: 0.1 }])).kept).toEqual(kept);

  // A newer search takes the place of the older, and so do its scores.
  const newer = await lab.find('find', 'hard', [1], { ...options, epochs: 3 }, quiet);
  expect(await foundOf1()).toEqual([newer]);
  await again(graft('hard'));
  expect(told.length).toBeGreaterThan(0);
  await lab.close();

  // Other models and data than these share nothing with them.
  await lab.open('open', { recipe: { ...recipe, models: rest } }, quiet);
  expect(await lab.found()).toEqual([]);
  await lab.close();
});

test('a search is cancelled, and so is one whose models are closed', async () => {
  await open('image');
  const find = (epochs: number, onLive = quiet) =>
    lab.find('find', 'hard', [0], { density: 0.1, shots: 8, epochs, seed: 0 }, onLive);
  const cancelled = find(200, () => void engine.cancel('find'));
  await expect(cancelled).rejects.toMatchObject({ kind: 'Cancelled' });
  const closed = find(200, () => void lab.close());
  await expect(closed).rejects.toMatchObject({ kind: 'Cancelled' });
});

test('answers as it scores, and shows the pictures it scores on', async () => {
  const info = await open('image');
  const model: LabModel = { kind: 'sum', weights: each(0.4) };
  const pictures = await lab.pictures(1, 100);
  expect(pictures.slice(0, 4).map(({ label }) => label)).toEqual([0, 1, 2, 0]);
  expect(info.image).toEqual({ side: 32 });
  let right = 0;
  for (const { label, picture } of pictures) {
    const [shares] = await lab.answer([model], 1, picture);
    expect(shares!.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
    if (shares!.indexOf(Math.max(...shares!)) === label) right++;
  }
  const [score] = await lab.score('slot', model, [1], quiet);
  expect({ right, n: pictures.length }).toEqual({ right: score!.right, n: 63 });
  await expect(lab.answer([model], 1, { text: 'a' })).rejects.toThrow(/reads pictures/);
  await open('text');
  const answers = await lab.answer([{ kind: 'base' }, model], 0, { text: 'the good of' });
  expect(answers.map((shares) => shares.length)).toEqual([2, 2]);
  await lab.close();
});

test('task vectors and owners add up', async () => {
  const { scope, matrices } = await open('image');
  const { histogram, norm, tensors } = await lab.vector(2);
  expect(histogram.counts.reduce((a, b) => a + b, histogram.zeros)).toBe(scope);
  const squares = tensors.reduce((sum, { elements, tau }) => sum + elements * tau ** 2, 0);
  expect(Math.sqrt(squares)).toBeCloseTo(norm, 6);
  expect(tensors.reduce((sum, { elements }) => sum + elements, 0)).toBe(scope);
  expect(tensors[0]).toMatchObject({ layer: 0, component: 'LayerNorm' });
  const masks = [{ by: 'dataless', density: 1 }, null, { by: 'random', density: 0.5 }];
  const { kept } = await lab.overlap(masks);
  let held = 0;
  for (const { name, rows, columns } of matrices) {
    const owners = await lab.owners(name, masks);
    expect(owners.bits).toHaveLength(rows * columns);
    expect(owners.bits.every((bits) => bits === 1 || bits === 5)).toBe(true);
    held += owners.bits.filter((bits) => bits === 5).length;
  }
  const size = matrices.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  expect(kept).toEqual([scope, 0, Math.floor(scope / 2)]);
  expect(held / size).toBeCloseTo(0.5, 1);
  await lab.close();
});
