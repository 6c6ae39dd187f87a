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

/** JSON in which the order of keys tells nothing. */
export function canonicalJson(value: object): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
