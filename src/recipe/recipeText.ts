/** Recipes as text: what the page loads by itself, because it brings the YAML library. */
export { formatRecipe } from './formatRecipe.ts';
export { parseRecipe } from './parseRecipe.ts';
