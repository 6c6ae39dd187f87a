import type { LineageInput } from '../export/lineage.ts';
import type { Recipe } from '../recipe/recipe.ts';

/** One input of a merge, and how it was merged itself where the library tells. */
export interface FamilyMember extends Omit<LineageInput, 'role'> {
  role: LineageInput['role'] | 'patch';
  /** Its name in the library, null when it is not there. */
  here: string | null;
  merge: FamilyMerge | null;
}

/** How a file was merged, as its metadata say. */
export interface FamilyMerge {
  /** Null when it cannot be read. */
  method: string | null;
  problem: string | null;
  inputs: FamilyMember[];
}

/** Where a merged checkpoint comes from. */
export interface Family {
  merge: FamilyMerge;
  /** The recipe by the library's names; null while something is missing. */
  rebuild: Recipe | null;
  /** What the library lacks for it, in words. */
  missing: string[];
}
