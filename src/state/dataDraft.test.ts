import { expect, it } from 'vitest';
import type { CheckpointSummary } from '../api/checkpoints.ts';
import type { EngineApi } from '../api/engine.ts';
import type { DataPreview, DataSummary } from '../api/tasks.ts';
import type { TaskData } from '../recipe/recipe.ts';
import type { DataChecks } from './dataChecks.svelte.ts';
import { DataDraft } from './dataDraft.svelte.ts';
import { Datasets } from './datasets.svelte.ts';
import { Library } from './library.svelte.ts';
import { Notices } from './notices.svelte.ts';
import { Setup } from './setup.svelte.ts';

const preview = (prompted: TaskData): DataPreview => ({
  ...{ columns: [], prompted, rows: [], labels: [], notes: [], guess: {} },
  ...{ preset: null, alike: null, secret: false },
});
const answers: TaskData = { kind: 'answers', template: 'alpaca' };
const choices: TaskData = { kind: 'choices', scoring: 'letter' };
const previews: Record<string, DataPreview> = {
  'alpaca.json': preview(answers),
  'more.json': preview(answers),
  'mmlu.jsonl': preview(choices),
};
const gpt2 = { id: 'gpt2', label: 'GPT-2' };

/** The draft of a GPT-2 with these data in the recipe, on which others are dropped. */
async function draftOf(data?: TaskData, given: string[] = []): Promise<DataDraft> {
  const draft = newDraft(data);
  await draft.begin(given);
  return draft;
}

function newDraft(data?: TaskData): DataDraft {
  const fake: Partial<EngineApi> = {
    previewData: async (name) => previews[name]!,
    tensors: async () => [],
  };
  const engine = fake as EngineApi;
  const library = new Library(engine, new Notices());
  library.checkpoints = [
    { ...{ id: 'helper', name: 'helper', architecture: gpt2 }, formerNames: [], formerIds: [] },
  ] as Partial<CheckpointSummary>[] as CheckpointSummary[];
  const datasets = new Datasets(engine, new Notices());
  datasets.list = Object.keys(previews).map((name): DataSummary => ({
    name,
    id: name,
    kind: 'table',
    bytes: 1,
    files: 1,
  }));
  const setup = new Setup(engine, library, datasets, {} as DataChecks);
  setup.recipe = {
    ...{ merge_method: 'localize_and_stitch', base_model: 'base' },
    models: [{ model: 'helper', ...(data && { data }) }],
    ...{ dtype: 'float32', out_dtype: 'base' },
  };
  return new DataDraft(setup, datasets, 'helper');
}

it('reads other data by what they are, as long as nothing was set', async () => {
  const draft = await draftOf(undefined, ['alpaca.json']);
  expect(draft.data).toEqual({ train: 'alpaca.json', ...answers });
  await draft.choose('train', 'mmlu.jsonl');
  expect(draft.data).toEqual({ train: 'mmlu.jsonl', ...choices });
  await draft.choose('test', 'alpaca.json');
  expect(draft.data).toEqual({ train: 'mmlu.jsonl', test: 'alpaca.json', ...choices });
  await draft.choose('train', undefined);
  expect(draft.data).toEqual({ test: 'alpaca.json', ...answers });
});

it('proposes how data are read also where others are chosen beside them before they have come', async () => {
  const draft = newDraft();
  const begun = draft.begin(['alpaca.json']);
  await Promise.all([begun, draft.choose('test', 'more.json')]);
  expect(draft.data).toEqual({ train: 'alpaca.json', test: 'more.json', ...answers });

  const set = newDraft();
  const first = set.begin(['alpaca.json']);
  set.change({ train: 'alpaca.json', ...choices });
  await Promise.all([first, set.choose('test', 'more.json')]);
  expect(set.data).toEqual({ train: 'alpaca.json', test: 'more.json', ...choices });
  set.close();
});

it('keeps how data are read where it was set', async () => {
  const draft = await draftOf(undefined, ['alpaca.json']);
  draft.change({ ...draft.data, template: 'Q: {text}\nA:' });
  await draft.choose('train', 'mmlu.jsonl');
  expect(draft.data).toEqual({ train: 'mmlu.jsonl', kind: 'answers', template: 'Q: {text}\nA:' });
  draft.close();
});

it('tells what was set from what was proposed in the recipe too', async () => {
  const proposed = await draftOf({ train: 'alpaca.json', ...answers });
  await proposed.choose('train', 'mmlu.jsonl');
  expect(proposed.data).toEqual({ train: 'mmlu.jsonl', ...choices });

  const dropped = await draftOf({ train: 'alpaca.json', ...answers }, ['mmlu.jsonl']);
  expect(dropped.data).toEqual({ train: 'mmlu.jsonl', ...choices });

  const own: TaskData = { kind: 'answers', template: 'chat' };
  const set = await draftOf({ train: 'alpaca.json', ...own }, ['mmlu.jsonl']);
  expect(set.data).toEqual({ train: 'mmlu.jsonl', ...own });

  const bare = await draftOf({ train: 'alpaca.json' });
  expect(bare.data).toEqual({ train: 'alpaca.json' });
  await bare.choose('train', 'more.json');
  expect(bare.data).toEqual({ train: 'more.json', ...answers });
});
