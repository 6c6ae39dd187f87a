import { expect, test } from 'vitest';
import { noteRemark } from '../merge/remarks.ts';
import { parse } from 'yaml';
import { methodOf } from '../merge/methods/registry.ts';
import { formatRecipe } from '../recipe/formatRecipe.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { CardResult } from './cardTables.ts';
import { cardLoader } from './loadInPython.ts';
import { modelCard, type CardFacts } from './modelCard.ts';

const recipe: Recipe = {
  merge_method: 'localize_and_stitch',
  base_model: 'roberta-base',
  models: [{ model: 'mood' }, { model: 'topic' }],
  parameters: { density: 0.05 },
  ...{ dtype: 'float32', out_dtype: 'base' },
};

const result: CardResult = {
  models: ['mood', 'topic'],
  parameters: { total: 2000, scope: 1000, changed: 90 },
  density: [0.05, 0.05],
  remarks: [],
  owners: [910, 80, 10],
  tensors: [
    { component: 'attention', elements: 600, kept: [40, 20] },
    { component: 'attention', elements: 100, kept: [5, 0] },
    { component: 'MLP', elements: 300, kept: [5, 30] },
  ],
  scores: [
    { model: 'base', task: 'mood', metric: 'accuracy', value: 0.5, n: 200 },
    { model: 'finetuned', task: 'mood', metric: 'accuracy', value: 0.9, n: 200 },
    { model: 'graft', task: 'mood', metric: 'accuracy', value: 0.85, n: 200 },
    { model: 'merged', task: 'mood', metric: 'accuracy', value: 0.8, n: 200 },
    { model: 'base', task: 'topic', metric: 'accuracy', value: 0.3, n: 100 },
    { model: 'merged', task: 'topic', metric: 'accuracy', value: 0.6, n: 100 },
  ],
};

const facts: CardFacts = {
  ...{ recipe, result, version: '1.2.3', baseCard: null },
  inputs: ['a', 'b', 'c', 'd'].map((letter, i) => ({
    name: ['roberta-base', 'mood', 'topic', 'mood/test.jsonl'][i]!,
    id: letter.repeat(64),
  })),
  method: methodOf('localize_and_stitch')!,
  loader: cardLoader(['config.json', 'tokenizer.json'], { architectures: ['RobertaForMaskedLM'] }, [
    'model.safetensors',
  ]),
  mergekit: { reason: 'mergekit has no method localize_and_stitch' },
};

/** The value of a card's front matter, and the text below it. */
function partsOf(card: string) {
  const [, matter = '', body = ''] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(card) ?? [];
  return { matter: parse(matter), body };
}

test('the front matter names base and models, library and tags as the Hub expects', () => {
  expect(partsOf(modelCard(facts)).matter).toEqual({
    base_model: ['roberta-base', 'mood', 'topic'],
    base_model_relation: 'merge',
    library_name: 'transformers',
    tags: ['merge', 'stitchwork'],
  });
});

test('the measured table has a row per task, with a dash where nothing was measured', () => {
  const { body } = partsOf(modelCard(facts));
  expect(body).toContain('90 of 2,000 parameters (4.5 %) differ from the base.');
  expect(body).toContain(`| Task | Metric | Base | Fine-tuned | Graft | Merged | Examples |
| --- | --- | ---: | ---: | ---: | ---: | ---: |
| mood | accuracy | 50.0 % | 90.0 % | 85.0 % | 80.0 % | 200 |
| topic | accuracy | 30.0 % | – | – | 60.0 % | 100 |
| Mean | accuracy | 40.0 % | – | – | 70.0 % |  |`);
});

test('remarks of the run are listed, or there is no such section', () => {
  const remarks = ['a*b is too large.', 'No tensor is in scope.'].map(noteRemark);
  const { body } = partsOf(modelCard({ ...facts, result: { ...result, remarks } }));
  expect(body).toContain(
    '## Remarks\n\n- a\\*b is too large.\n- No tensor is in scope.\n\n## Recipe',
  );
  expect(modelCard(facts)).not.toContain('Remarks');
});

test('a run without scores says that nothing was measured', () => {
  const { body } = partsOf(modelCard({ ...facts, result: { ...result, scores: [] } }));
  expect(body).toContain('differ from the base. No task was measured.');
  expect(body).not.toContain('| Metric |');
});

test('weights owned are told per task and by component', () => {
  const { body } = partsOf(modelCard(facts));
  expect(body).toContain('| mood | 50 | 5.0 % |\n| topic | 50 | 5.0 % |');
  const whole = modelCard({ ...facts, recipe: { ...recipe, density_of: 'model' } });
  expect(whole).toMatch(
    /\| Density in scope \| Of all parameters \|\n.*\n\| mood \| 50 \| 5\.0 % \| 2\.5 % \|/,
  );
  expect(body).toContain('one task alone holds 80, several hold 10;');
  expect(body).toContain('| attention | 700 | 45 | 20 |\n| MLP | 300 | 5 | 30 |');
});

test('inputs carry their role and content id', () => {
  const { body } = partsOf(modelCard(facts));
  expect(body).toContain(`| roberta-base | base | \`${'a'.repeat(64)}\` |`);
  expect(body).toContain(`| topic | fine-tuned | \`${'c'.repeat(64)}\` |`);
  expect(body).toContain(`| mood/test.jsonl | data | \`${'d'.repeat(64)}\` |`);
});

test('the recipe stands in a code block that its own text cannot end', () => {
  const odd: Recipe = {
    ...recipe,
    models: [{ model: 'mood', data: { train: 'a.jsonl', template: '```\n{text}{mask}' } }],
  };
  const { body } = partsOf(modelCard({ ...facts, recipe: odd }));
  expect(body).toContain(`\`\`\`\`yaml\n${formatRecipe(odd)}\`\`\`\`\n`);
});

test('what is not written for mergekit is said with the reason, what is is named', () => {
  expect(modelCard(facts)).toContain(
    'There is no mergekit configuration: mergekit has no method localize_and_stitch.',
  );
  expect(modelCard({ ...facts, mergekit: { text: 'x' } })).toContain('`mergekit_config.yml`');
});

test('names cannot break out of tables, headings or front matter', () => {
  const name = '| <b>x</b>\n---\n# _a_b_ `c` [d](e)';
  const odd = { ...recipe, models: [{ model: name }] };
  const card = modelCard({ ...facts, recipe: odd, result: { ...result, models: [name] } });
  const { matter, body } = partsOf(card);
  expect(matter.base_model[1]).toBe(name);
  expect(body).toContain('# \\| \\<b\\>x\\</b\\> --- # \\_a_b\\_ \\`c\\` \\[d\\](e)\n');
});

test('Python loads by the class and the tokenizer that the side files name', () => {
  expect(modelCard(facts)).toContain(`from transformers import RobertaForMaskedLM, AutoTokenizer

folder = "path/to/this/folder"
model = RobertaForMaskedLM.from_pretrained(folder)
tokenizer = AutoTokenizer.from_pretrained(folder)
`);
  const images = cardLoader(
    ['config.json', 'preprocessor_config.json'],
    { architectures: ['x"); import os'] },
    [],
  );
  expect(images).toMatchObject({ modelClass: 'AutoModel', processor: 'AutoImageProcessor' });
  const newer = cardLoader(['config.json', 'processor_config.json', 'tokenizer.json'], {}, []);
  expect(newer.processor).toBe('AutoProcessor');
});

test('without a configuration the weights alone are loaded, and no library is claimed', () => {
  const shards = [1, 2].map((number) => `model-0000${number}-of-00002.safetensors`);
  const loader = cardLoader([], {}, [...shards, 'model.safetensors.index.json']);
  const card = modelCard({ ...facts, loader });
  expect(partsOf(card).matter).not.toHaveProperty('library_name');
  expect(card).toContain('for path in sorted(glob("model-*.safetensors")):');
});

test('a folder of several parts is loaded by the library that names its parts', () => {
  const embedder = cardLoader(
    ['modules.json', 'config.json', '1_Pooling/config.json'],
    { architectures: ['BertModel'] },
    ['model.safetensors', '2_Dense/model.safetensors'],
  );
  const card = modelCard({ ...facts, loader: embedder });
  expect(partsOf(card).matter.library_name).toBe('sentence-transformers');
  expect(card).toContain(`from sentence_transformers import SentenceTransformer

model = SentenceTransformer("path/to/this/folder")
`);
  const weights = ['unet/diffusion_pytorch_model.safetensors'];
  const pipeline = cardLoader(['model_index.json', 'unet/config.json'], {}, weights);
  expect(modelCard({ ...facts, loader: pipeline }))
    .toContain(`from diffusers import DiffusionPipeline

model = DiffusionPipeline.from_pretrained("path/to/this/folder")
`);
  const alone = cardLoader(['config.json'], { _class_name: 'UNet2DModel' }, weights);
  expect(alone).toMatchObject({ library: 'diffusers', modelClass: 'UNet2DModel' });
});

test('the card of the base is linked where it is kept', () => {
  expect(modelCard({ ...facts, baseCard: 'base-README.md' })).toContain(
    'The base’s own card is in [base-README.md](base-README.md).',
  );
});

test('tells of tasks that no model was tuned for, apart from the others', () => {
  const general = [
    { model: 'base', task: 'recall', metric: 'accuracy', value: 1, n: 50 },
    { model: 'merged', task: 'recall', metric: 'accuracy', value: 0.75, n: 50 },
  ] as const;
  const { body } = partsOf(modelCard({ ...facts, result: { ...result, general: [...general] } }));
  const [before = '', after = ''] = body.split('Tasks that no model was tuned for:');
  expect(before).not.toContain('recall');
  expect(after).toMatch(/\| Task +\| Metric +\| +Base \| +Merged \| +Examples \|/);
  expect(after).toMatch(/\| recall +\| accuracy +\| +100.0 % \| +75.0 % \| +50 \|/);
});
