import { Document, isMap } from 'yaml';
import type { Parameters, Recipe, Scope } from './recipe.ts';

/** A recipe as YAML in mergekit's vocabulary, keys in one fixed order; `parseRecipe` gives the same recipe back. */
export function formatRecipe(recipe: Recipe): string {
  const content = {
    merge_method: recipe.merge_method,
    base_model: recipe.base_model,
    models: recipe.models.map(({ model, parameters }) => ({
      model,
      ...(parameters && { parameters: orderParameters(parameters) }),
    })),
    ...(recipe.parameters && { parameters: orderParameters(recipe.parameters) }),
    ...(recipe.scope !== undefined && { scope: orderScope(recipe.scope) }),
    dtype: recipe.dtype,
    out_dtype: recipe.out_dtype,
  };
  const document = new Document(content, { compat: 'yaml-1.1' });
  const short = [
    ...recipe.models.map((_, i) => ['models', i, 'parameters']),
    ['parameters'],
    ['scope'],
  ];
  for (const path of short) {
    const node = document.getIn(path, true);
    if (isMap(node)) node.flow = true;
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function orderParameters({ density, weight, lambda }: Parameters): Parameters {
  return {
    ...(density !== undefined && { density }),
    ...(weight !== undefined && { weight }),
    ...(lambda !== undefined && { lambda }),
  };
}

function orderScope(scope: Scope): Scope {
  if (typeof scope === 'string') return scope;
  const { include, exclude } = scope;
  return { ...(include && { include }), ...(exclude && { exclude }) };
}
