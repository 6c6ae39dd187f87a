import { fewShot, fewSpans } from '../data/fewShot.ts';
import { imageExamples } from '../data/imageExamples.ts';
import { imageProcessor, listImages, type ImageEntry, type ImageList } from '../data/images.ts';
import { soundImages, type SoundImages } from '../data/soundImages.ts';
import { type AppError, badFile, incompatible } from '../errors.ts';
import type { Block, Tower } from '../models/block.ts';
import { crossEntropy } from '../models/task.ts';
import type { TaskData } from '../recipe/recipe.ts';
import { filesOf, type FindData } from '../storage/dataSets.ts';
import { plural } from '../wording.ts';
import { readHeadFile } from './headFile.ts';
import { ifAny, type PreparedTask, type PrepareTask, type Shots } from './preparedTask.ts';
import type { TaskModel } from './taskModel.ts';
import { countsOf } from './classCounts.ts';
import { classesOf, classMetrics, ownHead } from './textTask.ts';
import { headOfRows, zeroShot } from './zeroShot.ts';

/** Images told apart by prompts through CLIP's text tower, by a head from a file, or by the task's own. */
export const prepareImageTask: PrepareTask = async (model, data, find, shots) => {
  const tower = imageTower(model);
  const { train, test, labels } = await readImages(model, data, find);
  const config = model.file('preprocessor_config.json') ?? model.file('processor_config.json');
  const processor = await imageProcessor(config, tower.limit);
  const sound = (images: readonly ImageEntry[]) => soundImages(images, processor, data.on_corrupt);
  const shown = await drawSound(train, labels, sound, shots);
  const tested = await sound(test);
  if (test.length > 0 && tested.sound.length === 0) throw tooCorrupt(test, tested.skipped);
  const { blocks, head, reading } = await headOf(model, tower, data, labels, find);
  return {
    name: model.tuned.name,
    tower: blocks,
    head,
    loss: crossEntropy,
    labels,
    tokens: (tower.limit / 16) ** 2,
    train: ifAny(imageExamples(shown.sound, processor)),
    test: ifAny(imageExamples(tested.sound, processor)),
    examples: tested.sound.length,
    ...classMetrics(tested.sound, labels.length),
    notes: [...skippedNote('training', shown), ...skippedNote('test', tested)],
    pictures: tested.sound,
    ask: (question) =>
      question instanceof Blob
        ? imageExamples([{ path: 'The picture', open: async () => question, label: 0 }], processor)
        : null,
    about: {
      reading: `${labels.length} classes · ${reading}`,
      counts: countsOf(train, labels),
      example: train[0]?.path ?? '',
      trainExamples: train.length,
    },
  };
};

/** What images are told by: the blocks before the head, the head, and how it is called. */
interface ImageHead extends Pick<PreparedTask, 'head'> {
  blocks: readonly Block[];
  reading: string;
}

async function headOf(
  model: TaskModel,
  tower: Tower,
  { head: file, prompts, train = '' }: TaskData,
  labels: readonly string[],
  find: FindData,
): Promise<ImageHead> {
  if (file === undefined && !prompts) {
    const own = ownHead(model, tower, labels);
    const reading = 'the model’s own classification head';
    return { blocks: tower.blocks, head: () => Promise.resolve(own), reading };
  }
  const projection = projectionOf(model, tower);
  const blocks = [...tower.blocks, projection];
  if (file === undefined) {
    const classes = { labels, prompts: prompts ?? [], train };
    const reading = `${classes.prompts.length} prompts`;
    return { blocks, head: (...on) => zeroShot(model, classes, ...on), reading };
  }
  const rows = await readHeadFile(await find(file), { labels, width: widthOf(projection, tower) });
  return { blocks, head: () => headOfRows(model, rows, labels.length), reading: `head “${file}”` };
}

/** Shots of each class among the images that can be read; those that cannot are drawn anew. */
async function drawSound(
  images: readonly ImageEntry[],
  labels: readonly string[],
  sound: (images: readonly ImageEntry[]) => Promise<SoundImages>,
  { shots, seed }: Shots,
): Promise<SoundImages> {
  const skipped: SoundImages['skipped'] = [];
  let left = images;
  const draw = (pool: readonly ImageEntry[]) => {
    if (skipped.length === 0) return pool.length > 0 ? fewShot(pool, labels, shots, seed) : [];
    if (pool.length === 0) throw tooCorrupt(images, skipped);
    try {
      return fewShot(pool, labels, shots, seed);
    } catch (error) {
      throw tooCorrupt(images, skipped, error);
    }
  };
  for (;;) {
    const drawn = draw(fewSpans(left, shots, seed));
    const found = await sound(drawn);
    skipped.push(...found.skipped);
    if (found.skipped.length === 0) return { sound: drawn, skipped };
    const kept = new Set(found.sound);
    const tried = new Set(drawn);
    left = left.filter((image) => kept.has(image) || !tried.has(image));
  }
}

/** What is said where the images that can be read are too few. */
function tooCorrupt(
  images: readonly ImageEntry[],
  skipped: SoundImages['skipped'],
  cause?: unknown,
): AppError {
  const count = `${skipped.length.toLocaleString('en')} of ${plural(images.length, 'image')}`;
  return badFile(`Too few images can be read: ${count} cannot, e.g. ${skipped[0]?.why}`, cause);
}

function skippedNote(which: string, { skipped }: SoundImages): string[] {
  const [first] = skipped;
  return first ? [`${skipped.length} ${which} images are left out, e.g. ${first.why}`] : [];
}

function imageTower({ towers, base }: TaskModel): Tower {
  if (towers.images) return towers.images;
  throw incompatible(
    `${base.name} reads text, and the data are images. Choose a table of labelled texts.`,
  );
}

function projectionOf({ base }: TaskModel, { heads }: Tower) {
  if (heads.projection) return heads.projection();
  throw incompatible(
    `${base.name} has no projection of images to compare with classes. Leave out prompts and head for the task's own classification head.`,
  );
}

/** Width of the embeddings that a projection [d, e] or [e, d] of hidden states of width d makes. */
function widthOf({ tensors }: Block, { hidden }: Tower): number {
  const [a = 0, b = 0] = tensors.find(({ info }) => info.shape.length === 2)?.info.shape ?? [];
  return a === hidden ? b : a;
}

/** Names of classes in order; numbers as numbers, since heads count by them. */
export const inClassOrder = (labels: readonly string[]): string[] =>
  labels.every((label) => /^\d{1,3}$/.test(label))
    ? labels.toSorted((a, b) => Number(a) - Number(b))
    : labels.toSorted();

/** Images of training and test data with one list of classes: those of `labels`, of config.json, or of the data. */
async function readImages(model: TaskModel, data: TaskData, find: FindData) {
  const told =
    data.labels ?? (data.prompts || data.head !== undefined ? null : classesOf(model.config).names);
  const listed = async (name: string | undefined): Promise<ImageList> =>
    name === undefined
      ? { images: [], labels: [] }
      : listImages(filesOf(await find(name)), told, data.columns);
  const [train, test] = [await listed(data.train), await listed(data.test)];
  const all = [...new Set([...train.labels, ...test.labels])];
  const found = (train.inOrder ?? test.inOrder) ? all : inClassOrder(all);
  const labels = told && told.length >= found.length ? [...told] : found;
  const index = new Map(labels.map((label, i) => [label, i]));
  const named = found.every((label) => index.has(label));
  // Class names that differ from the folders' stand for them in order.
  const place = (label: string) => (named ? index.get(label) : found.indexOf(label)) ?? 0;
  const placed = ({ images, labels: own }: ImageList): ImageEntry[] =>
    images.map((image) => ({ ...image, label: place(own[image.label] ?? '') }));
  return { train: placed(train), test: placed(test), labels };
}
