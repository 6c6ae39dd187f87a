import { gtsrbNames } from './gtsrbNames.ts';
import { imagenetIds, imagenetNames } from './imagenetNames.ts';
import type { VisionPreset } from './preset.ts';

const spaced = (label: string) => label.replaceAll('_', ' ');

/** A class of numbered folders: "00013", "13" and 13 are the same. */
const numbered = (names: readonly string[]) => (label: string) =>
  (/^\d+$/.test(label) ? names[Number(label)] : undefined) ?? spaced(label);

const digits = numbered(Array.from({ length: 10 }, (_, digit) => String(digit)));

const eurosatNames: Readonly<Record<string, string>> = {
  annualcrop: 'annual crop land',
  forest: 'forest',
  herbaceousvegetation: 'brushland or shrubland',
  highway: 'highway or road',
  industrial: 'industrial buildings or commercial buildings',
  pasture: 'pasture land',
  permanentcrop: 'permanent crop land',
  residential: 'residential buildings or homes or apartments',
  river: 'river',
  sealake: 'lake or sea',
};

const eurosatName = (label: string) => {
  const key = label.replace(/[^A-Za-z]/g, '').toLowerCase();
  return (Object.hasOwn(eurosatNames, key) ? eurosatNames[key] : undefined) ?? spaced(label);
};

const idNumbers = new Map(imagenetIds.map((id, number) => [id, number]));

/** ImageNet's folders are "n01440764", its numbers go by the order of these, as do its classes where all are there. */
function imagenetName(label: string, at: number, classes: number): string {
  const [, id = ''] = /^n(\d{8})$/.exec(label) ?? [];
  const number = idNumbers.get(id) ?? (/^\d{1,3}$/.test(label) ? Number(label) : null);
  const named = number ?? (classes === imagenetNames.length ? at : null);
  return (named === null ? undefined : imagenetNames[named]) ?? spaced(label.split(',')[0] ?? '');
}

/** SUN397's folders are "a/abbey" and "b/bazaar/indoor". */
const sunName = (label: string) => spaced(label.replace(/^\/?[a-z]\//, '').replaceAll('/', ' '));

const task = (
  id: string,
  label: string,
  names: RegExp,
  className: VisionPreset['className'],
  templates: string[],
): VisionPreset => ({ kind: 'vision', id, label, names, metric: 'accuracy', className, templates });

const articles = (before: string, after: string) =>
  ['', 'a ', 'the '].map((article) => `${before}${article}{}${after}`);

const number = ['a photo of the number: "{}".'];

/**
 * The eight image tasks of Ilharco et al. 2023 (https://arxiv.org/abs/2212.04089), with CLIP's templates (Radford et
 * al. 2021, https://github.com/openai/CLIP/blob/main/data/prompts.md) as they take them, and ImageNet. Classes are called as
 * their folders are, with spaces for underscores, but for EuroSAT, GTSRB and ImageNet, which CLIP describes.
 */
export const visionPresets: readonly VisionPreset[] = [
  task('sun397', 'SUN397', /sun-?397/, sunName, ['a photo of a {}.', 'a photo of the {}.']),
  task('cars', 'Cars', /(?:^|-)(?:stanford-?)?cars(?:-|$)/, spaced, [
    ...['a', 'the', 'my'].map((which) => `a photo of ${which} {}.`),
    'i love my {}!',
    ...['dirty', 'clean', 'new', 'old'].map((which) => `a photo of my ${which} {}.`),
  ]),
  task(
    'resisc45',
    'RESISC45',
    /resisc-?(?:45)?/,
    spaced,
    ['imagery', 'photo', 'view'].flatMap((kind) =>
      ['satellite', 'aerial'].flatMap((from) => articles(`${from} ${kind} of `, '.')),
    ),
  ),
  task(
    'eurosat',
    'EuroSAT',
    /euro-?sat/,
    eurosatName,
    articles('a centered satellite photo of ', '.'),
  ),
  task('svhn', 'SVHN', /svhn/, digits, number),
  task(
    'gtsrb',
    'GTSRB',
    /gtsrb/,
    numbered(gtsrbNames),
    ['zoomed in', 'centered', 'close up'].map((how) => `a ${how} photo of a "{}" traffic sign.`),
  ),
  task('mnist', 'MNIST', /^(?!.*fashion).*?(?:^|-)mnist/, digits, number),
  task(
    'dtd',
    'DTD',
    /(?:^|-)dtd(?:-|$)|describable-?textures/,
    spaced,
    ['a', 'the'].flatMap((article) =>
      ['texture', 'pattern', 'thing', 'object'].map((what) => `a photo of ${article} {} ${what}.`),
    ),
  ),
  // ImageNet is what the paper tells forgetting by; of CLIP's eighty templates those that its authors chose.
  task('imagenet', 'ImageNet', /imagenet|ilsvrc/, imagenetName, [
    'itap of a {}.',
    'a bad photo of the {}.',
    'a origami {}.',
    'a photo of the large {}.',
    'a {} in a video game.',
    'art of the {}.',
    'a photo of the small {}.',
  ]),
];
