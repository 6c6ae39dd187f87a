import type { Recipe } from '../recipe/recipe.ts';

/** A checkpoint or data that went into a merge. */
export interface LineageInput {
  name: string;
  /** Content id, 64 hexadecimal digits. */
  id: string;
  role: 'base' | 'fine-tuned' | 'data';
}

/** What a merged file says of how it was made; either the whole of it, or why it cannot be read. */
export type Lineage =
  | { recipe: Recipe; inputs: LineageInput[]; problem: null }
  | { recipe: null; inputs: []; problem: string };

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
