import type { Preflight } from '../../api/preflight.ts';
import type { Recipe } from '../../recipe/recipe.ts';
import { withTraining } from '../../state/localizeEdit.ts';

/** What to begin with, and where that comes from. */
export interface Recommendation {
  text: string;
  source: { title: string; url: string } | null;
}

const languageModels = ['gpt2', 'llama'];
const largeParameters = 1e9;

/** What was measured, or published, for models and data like these. */
export function recommendation(
  recipe: Recipe,
  { architecture, parameters }: Pick<Preflight, 'architecture' | 'parameters'>,
): Recommendation {
  if (languageModels.includes(architecture?.id ?? '') && parameters.total >= largeParameters)
    return {
      text: 'For large language models, of 3 to 8 billion parameters, a comparison found that task arithmetic alone helped reliably.',
      source: { title: 'arXiv:2511.21437', url: 'https://arxiv.org/abs/2511.21437' },
    };
  const taught = withTraining(recipe).length;
  if (recipe.models.length > 1 && taught === recipe.models.length)
    return {
      text: 'With examples of every task, Localize-and-Stitch by joint masks did best on the demo’s pictures. Compare methods to see it on yours.',
      source: null,
    };
  return {
    text: 'Of what needs nothing but weights, WUDI and TSV-Merge did best on the demo’s pictures; the simple average is the one to beat. With examples of every task, Localize-and-Stitch did better.',
    source: null,
  };
}
