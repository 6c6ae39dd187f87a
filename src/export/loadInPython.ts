import { codeBlock } from './markdown.ts';

/** How a folder is loaded, as far as its side files tell. */
export interface CardLoader {
  /** What opens it; null where nothing says. */
  library: 'transformers' | 'sentence-transformers' | 'diffusers' | null;
  /** Its class, which config.json names. */
  modelClass: string;
  processor: 'AutoTokenizer' | 'AutoImageProcessor' | 'AutoProcessor' | null;
  /** Names of the weight files. */
  weights: readonly string[];
}

const tokenizer =
  /^(?:tokenizer\.json|tokenizer_config\.json|vocab\.(?:json|txt)|spiece\.model|tokenizer\.model)$/;
const imageSettings = /^(?:pre)?processor_config\.json$/;
const className = /^[A-Z][A-Za-z0-9]{0,99}$/;

/** From the names of the side and weight files and config.json's content; whatever is odd in it counts as not there. */
export function cardLoader(
  names: readonly string[],
  config: Readonly<Record<string, unknown>>,
  weights: readonly string[],
): CardLoader {
  const { architectures, _class_name } = config;
  const library = libraryOf(names, weights, config);
  const listed: unknown = Array.isArray(architectures) ? architectures[0] : null;
  const named = library === 'diffusers' ? _class_name : listed;
  const fallback = library === 'diffusers' ? 'DiffusionPipeline' : 'AutoModel';
  const text = names.some((name) => tokenizer.test(name));
  const images = names.some((name) => imageSettings.test(name));
  return {
    library,
    modelClass: typeof named === 'string' && className.test(named) ? named : fallback,
    processor: processorOf(text, images),
    weights: weights.filter((name) => name.endsWith('.safetensors')),
  };
}

function libraryOf(
  names: readonly string[],
  weights: readonly string[],
  { _class_name }: Readonly<Record<string, unknown>>,
): CardLoader['library'] {
  const inFolders = [...names, ...weights].some((name) => name.includes('/'));
  if (inFolders && names.includes('modules.json')) return 'sentence-transformers';
  if (inFolders && names.includes('model_index.json')) return 'diffusers';
  if (!names.includes('config.json')) return null;
  return typeof _class_name === 'string' ? 'diffusers' : 'transformers';
}

function processorOf(text: boolean, images: boolean): CardLoader['processor'] {
  if (text) return images ? 'AutoProcessor' : 'AutoTokenizer';
  return images ? 'AutoImageProcessor' : null;
}

/** The lines of Python that load the model. */
export function loadSection(loader: CardLoader): string[] {
  return ['## Load it in Python', codeBlock('python', codeFor(loader).join('\n'))];
}

const folder = '"path/to/this/folder"';

function codeFor({ library, modelClass, processor, weights }: CardLoader): string[] {
  if (library === null) return plainCode(weights);
  if (library === 'sentence-transformers')
    return [
      'from sentence_transformers import SentenceTransformer',
      '',
      `model = SentenceTransformer(${folder})`,
    ];
  if (library === 'diffusers')
    return [
      `from diffusers import ${modelClass}`,
      '',
      `model = ${modelClass}.from_pretrained(${folder})`,
    ];
  const variable = processor === 'AutoTokenizer' ? 'tokenizer' : 'processor';
  return [
    `from transformers import ${[modelClass, ...(processor ? [processor] : [])].join(', ')}`,
    '',
    `folder = ${folder}`,
    `model = ${modelClass}.from_pretrained(folder)`,
    ...(processor ? [`${variable} = ${processor}.from_pretrained(folder)`] : []),
  ];
}

function plainCode([first = 'model.safetensors', ...more]: readonly string[]): string[] {
  if (more.length === 0)
    return ['from safetensors.torch import load_file', '', `weights = load_file("${first}")`];
  return [
    'from glob import glob',
    'from safetensors.torch import load_file',
    '',
    'weights = {}',
    `for path in sorted(glob("${first.replace(/\d{5}-of-\d{5}/, '*')}")):`,
    '    weights.update(load_file(path))',
  ];
}
