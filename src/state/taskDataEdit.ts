import { templateNames, type LocalizeSettings, type TaskData } from '../recipe/recipe.ts';
import type { DataPreview, DataSummary, TaskPreset } from '../api/tasks.ts';

/** How a model answers: words at a mask, its own classifier, class names as prompts, a head from a file, next tokens, choices, or text. */
export type Head = 'prompt' | 'own' | 'zeroShot' | 'file' | 'nextToken' | 'choices' | 'answers';

export const headNames: Record<Head, string> = {
  prompt: 'prompt',
  own: 'own classification head',
  zeroShot: 'class names as prompts',
  file: 'head from a file',
  nextToken: 'next tokens',
  choices: 'multiple choice',
  answers: 'prompts and answers',
};

/** Architectures that go on with a text. */
export const languageModels: readonly (string | null)[] = ['gpt2', 'llama'];

/** The files that data have, without those they do not. */
export function filesOf({ train, test }: Record<'train' | 'test', string | undefined>): DataFiles {
  return { ...(train !== undefined && { train }), ...(test !== undefined && { test }) };
}

/** How data are read, without the files. */
export function readingOf({
  train: _train,
  test: _test,
  ...reading
}: TaskData): Omit<TaskData, 'train' | 'test'> {
  return reading;
}

export type DataFiles = Pick<TaskData, 'train' | 'test'>;

const singlePrompt = '{text} It was{mask} .';
const pairPrompt = '{text} ?{mask} , {text_b}';
const imagePrompts = ['a photo of a {label}.'];

export function headKind({ kind, template, prompts, head }: TaskData): Head {
  if (kind === 'next_token') return 'nextToken';
  if (kind === 'choices' || kind === 'answers') return kind;
  if (template !== undefined) return 'prompt';
  if (head !== undefined) return 'file';
  return prompts ? 'zeroShot' : 'own';
}

/** Another head for the same files; what belongs to the old one goes. */
export function setHead(data: TaskData, head: Head): TaskData {
  if ((head === 'choices' || head === 'answers') && data.kind === head) return data;
  const { train, test, template, label_words, prompts, labels, on_corrupt } = data;
  const file = data.head;
  const columns = columnsFor(head, data.columns);
  const files = { ...filesOf({ train, test }), ...(columns && { columns }) };
  const images = { ...files, ...(on_corrupt && { on_corrupt }), ...(labels && { labels }) };
  switch (head) {
    case 'prompt':
      return {
        ...files,
        ...(labels && { labels }),
        template: template?.includes('{mask}')
          ? template
          : columns?.text_b
            ? pairPrompt
            : singlePrompt,
        label_words: label_words ?? [],
      };
    case 'own':
      return images;
    case 'zeroShot':
      return { ...images, prompts: prompts ?? imagePrompts };
    case 'file':
      return { ...images, ...(file !== undefined && { head: file }) };
    case 'nextToken':
      return { ...files, kind: 'next_token' };
    case 'choices':
    case 'answers':
      return { ...files, kind: head };
  }
}

/** The columns chosen that belong to a head. */
function columnsFor(head: Head, columns: TaskData['columns']): TaskData['columns'] {
  const others =
    head === 'choices' || head === 'answers' ? ['label', 'image'] : ['choices', 'answer'];
  const kept = Object.entries(columns ?? {}).filter(([key]) => !others.includes(key));
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

/** The head to begin with: by the kind of data, the architecture and whether the checkpoint has a classifier. */
export function proposeHead(
  kind: DataSummary['kind'],
  architecture: string | null,
  tensors: readonly string[],
): Head {
  if (kind === 'text') return 'nextToken';
  const classifier = tensors.some((name) => /(?:^|\.)(?:classifier|score|head)\./.test(name));
  if (kind === 'images') return architecture === 'clip' ? 'zeroShot' : 'own';
  if (languageModels.includes(architecture)) return 'answers';
  return classifier ? 'own' : 'prompt';
}

/** Reads data as a task of the paper is read; columns and classes of its own stay where the preset's are not there. */
export function applyPreset(
  data: TaskData,
  preset: TaskPreset,
  { columns, labels }: Pick<DataPreview, 'columns' | 'labels'>,
): TaskData {
  const { train, test, columns: own, on_corrupt } = data;
  const { columns: theirs = {}, ...told } = preset.data;
  const isOther = theirs.label !== undefined && !columns.includes(theirs.label);
  const isNumbered = isOther && labels.length > 0 && labels.every((label) => /^\d+$/.test(label));
  const { labels: classes, ...reading } = { ...told, ...(isNumbered && preset.numbered) };
  const named = Object.entries(theirs).filter(([, column]) =>
    [column].flat().every((each) => columns.includes(each)),
  );
  const known =
    classes && labels.every((label) => classes.includes(label) || isIndex(label, classes.length));
  const all = { ...own, ...Object.fromEntries(named) };
  return {
    ...filesOf({ train, test }),
    ...(Object.keys(all).length && { columns: all }),
    ...reading,
    ...(reading.prompts && on_corrupt && { on_corrupt }),
    ...(known && { labels: classes }),
  };
}

const isIndex = (label: string, count: number) => /^\d+$/.test(label) && Number(label) < count;

/** Whether images that cannot be read are left out, as they are unless data say otherwise. */
export function setSkipping(data: TaskData, skipping: boolean): TaskData {
  const { on_corrupt: _, ...rest } = data;
  return skipping ? rest : { ...rest, on_corrupt: 'refuse' };
}

/** A label word as running text has it: with its space, unless the template has one before the mask. */
export function spacedWord(template: string, word: string): string {
  const before = template.slice(0, template.indexOf('{mask}'));
  const joined = before !== '' && !/\s$/.test(before);
  return joined && word !== '' && !/^\s/.test(word) ? ` ${word}` : word;
}

/** One label word by its class; the others stay. */
export function setWord(data: TaskData, count: number, at: number, word: string): TaskData {
  const words = Array.from({ length: count }, (_, i) => data.label_words?.[i] ?? '');
  return { ...data, label_words: words.with(at, word) };
}

/** What is still to be filled in, in one sentence; null when nothing is. */
export function missing(data: TaskData, labels: readonly string[]): string | null {
  if (data.train === undefined && data.test === undefined) return 'Choose training or test data.';
  const head = headKind(data);
  if (head === 'prompt') {
    const { template = '', label_words: words = [] } = data;
    if (!template.includes('{text}') || template.split('{mask}').length !== 2)
      return 'The template needs {text} and, once, {mask}.';
    const bare = labels.findIndex((_, i) => !words[i]?.trim());
    if (bare >= 0) return `Give the class “${labels[bare]}” a label word.`;
    if (words.length < 2) return 'Give every class a label word.';
  }
  if (head === 'choices' || head === 'answers') return missingInPrompt(data);
  if (head === 'zeroShot' && !data.prompts?.every((prompt) => prompt.split('{label}').length === 2))
    return 'Every prompt needs {label} once.';
  return null;
}

function missingInPrompt({ kind, template, scoring }: TaskData): string | null {
  const named = templateNames[kind === 'answers' ? 'answers' : 'choices'];
  if (template === undefined || template === 'plain') return null;
  if (named.includes(template))
    return scoring === 'letter'
      ? `${template} shows no letters: tell choices by their texts.`
      : null;
  if (!template.includes('{text}')) return 'The template needs {text}.';
  const bare = scoring === 'letter' && !template.includes('{choices}');
  return bare ? 'The template needs {choices} for the letters to stand for.' : null;
}

/** A model's data in one line: "64 per class · prompt · 2 classes". */
export function dataLine(
  data: TaskData,
  { shots }: LocalizeSettings,
  classes: number | null,
): string {
  const head = headKind(data);
  const labelled = !['nextToken', 'choices', 'answers'].includes(head);
  const told = classes || (data.label_words ?? data.labels)?.length;
  const few = shots === 'all' ? 'all examples' : `${shots} ${labelled ? 'per class' : 'examples'}`;
  return [
    data.train === undefined ? 'test data only' : few,
    headNames[head],
    labelled && told ? `${told} classes` : '',
  ]
    .filter(Boolean)
    .join(' · ');
}
