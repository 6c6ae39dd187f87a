import { codeBlock } from './markdown.ts';

/** How a folder is loaded, as far as its side files tell. */
export interface CardLoader {
  /** Whether there is a config.json. */
  config: boolean;
  /** The class of transformers that config.json names. */
  modelClass: string;
  processor: 'AutoTokenizer' | 'AutoImageProcessor' | 'AutoProcessor' | null;
  sharded: boolean;
}

const tokenizer =
  /^(?:tokenizer\.json|tokenizer_config\.json|vocab\.(?:json|txt)|spiece\.model|tokenizer\.model)$/;
const imageSettings = /^(?:pre)?processor_config\.json$/;
const className = /^[A-Z][A-Za-z0-9]{0,99}$/;

/** From the names of the side files and config.json's content; whatever is odd in it counts as not there. */
export function cardLoader(
  names: readonly string[],
  config: Readonly<Record<string, unknown>>,
  sharded: boolean,
): CardLoader {
  const { architectures } = config;
  const named: unknown = Array.isArray(architectures) ? architectures[0] : null;
  const text = names.some((name) => tokenizer.test(name));
  const images = names.some((name) => imageSettings.test(name));
  return {
    config: names.includes('config.json'),
    modelClass: typeof named === 'string' && className.test(named) ? named : 'AutoModel',
    processor: processorOf(text, images),
    sharded,
  };
}

function processorOf(text: boolean, images: boolean): CardLoader['processor'] {
  if (text) return images ? 'AutoProcessor' : 'AutoTokenizer';
  return images ? 'AutoImageProcessor' : null;
}

/** The lines of Python that load the model. */
export function loadSection({ config, modelClass, processor, sharded }: CardLoader): string[] {
  const title = '## Load it in Python';
  if (!config) return [title, codeBlock('python', plainCode(sharded))];
  const variable = processor === 'AutoTokenizer' ? 'tokenizer' : 'processor';
  const code = [
    `from transformers import ${[modelClass, ...(processor ? [processor] : [])].join(', ')}`,
    '',
    'folder = "path/to/this/folder"',
    `model = ${modelClass}.from_pretrained(folder)`,
    ...(processor ? [`${variable} = ${processor}.from_pretrained(folder)`] : []),
  ];
  return [title, codeBlock('python', code.join('\n'))];
}

function plainCode(sharded: boolean): string {
  if (!sharded)
    return 'from safetensors.torch import load_file\n\nweights = load_file("model.safetensors")';
  return [
    'from glob import glob',
    'from safetensors.torch import load_file',
    '',
    'weights = {}',
    'for path in sorted(glob("model-*.safetensors")):',
    '    weights.update(load_file(path))',
  ].join('\n');
}
