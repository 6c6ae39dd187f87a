import { canonicalJson } from '../canonicalJson.ts';
import type { Recipe } from './recipe.ts';

/**
 * Id of a run: SHA-256, hex, of the recipe and the content ids of its inputs as JSON with sorted keys,
 * so that the order in which a recipe was written does not matter.
 */
export async function recipeHash(recipe: Recipe, contentIds: readonly string[]): Promise<string> {
  const json = canonicalJson({ recipe, inputs: contentIds });
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(json));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
