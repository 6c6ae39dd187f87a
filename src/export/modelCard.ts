import { hasMasks, type Method } from '../merge/method.ts';
import { formatRecipe } from '../recipe/formatRecipe.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { yamlText } from '../recipe/yamlText.ts';
import {
  contributionSection,
  measuredSection,
  remarkSection,
  type CardResult,
} from './cardTables.ts';
import { loadSection, type CardLoader } from './loadInPython.ts';
import { codeBlock, escapeMarkdown, markdownTable } from './markdown.ts';
import type { MergekitConfig } from './mergekitConfig.ts';

/** What a model card is told by. */
export interface CardFacts {
  recipe: Recipe;
  /** The base, the models, then data. */
  inputs: readonly { name: string; id: string; patch?: true; adapter?: string }[];
  method: Pick<Method, 'label' | 'paper' | 'mask'>;
  result: CardResult;
  loader: CardLoader;
  mergekit: MergekitConfig;
  /** Name of the base's own card in the folder, null when it has none. */
  baseCard: string | null;
  /** Of Stitchwork. */
  version: string;
}

/** The README.md of a merged model: what went in, how, what came out, and how to load it; the same for the same run. */
export function modelCard(facts: CardFacts): string {
  const { recipe, mergekit, result, loader } = facts;
  return [
    `---\n${yamlText(frontMatter(facts))}---`,
    `# ${escapeMarkdown(result.models.join(' + '))}`,
    introduction(facts),
    ...measuredSection(result),
    ...contributionSection(result, hasMasks(facts.method), recipe.density_of),
    ...remarkSection(result),
    '## Recipe',
    'Stitchwork makes the same weights again from this recipe and the inputs below.',
    codeBlock('yaml', formatRecipe(recipe)),
    'text' in mergekit
      ? 'The same for mergekit is in `mergekit_config.yml`; its comments say where the result differs.'
      : `There is no mergekit configuration: ${escapeMarkdown(mergekit.reason)}.`,
    '## Inputs',
    inputTable(facts),
    'A content id is the SHA-256 over the SHA-256s of a file’s chunks of 512 KiB; of several files, over their ids.',
    ...loadSection(loader),
  ]
    .join('\n\n')
    .concat('\n');
}

function frontMatter({ recipe, loader }: CardFacts): object {
  return {
    base_model: [recipe.base_model, ...recipe.models.map(({ model }) => model)],
    base_model_relation: 'merge',
    ...(loader.library && { library_name: loader.library }),
    tags: ['merge', 'stitchwork'],
  };
}

function introduction({ recipe, method, result, version, baseCard }: CardFacts): string {
  const { label, paper } = method;
  const count = result.models.length;
  const models = `${count} fine-tuned model${count === 1 ? '' : 's'}`;
  const base = escapeMarkdown(recipe.base_model);
  const section = paper.section ? `, ${paper.section}` : '';
  const made = `${models} merged onto ${base} by ${label} ([${paper.title}](${paper.url})${section}), with Stitchwork ${version}.`;
  return baseCard === null ? made : `${made} The base’s own card is in [${baseCard}](${baseCard}).`;
}

function inputTable({ recipe, inputs }: CardFacts): string {
  const role = (at: number) =>
    at === 0 ? 'base' : at <= recipe.models.length ? 'fine-tuned' : 'data';
  const rows = inputs.map(({ name, id, patch, adapter }, at) => [
    escapeMarkdown(name),
    patch ? 'patch' : adapter ? `adapter on ${escapeMarkdown(adapter)}` : role(at),
    `\`${id}\``,
  ]);
  return markdownTable(['Name', 'Role', 'Content id'], rows, 3);
}
