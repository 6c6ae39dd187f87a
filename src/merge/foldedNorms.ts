import type { ModelFit } from '../api/preflight.ts';
import { spell } from '../models/spellings.ts';
import { listNames } from '../wording.ts';

/** What is said of a weight norm that one of two checkpoints has folded into its weights: who has and where, and what to do. */
export interface FoldedNorms {
  /** The weights that are folded, by the base's names. */
  tensors: string[];
  /** How many of the base's tensors have no counterpart by it. */
  missing: number;
  kind: string;
  remedy: string;
}

const length = '.parametrizations.weight.original0';

/** Modules of which one side alone has the weight, and the other alone its length (weight_g) and direction (weight_v); null where there are none. */
export function foldedNorms(
  base: string,
  { name, prefix, missing, extra }: Pick<ModelFit, 'name' | 'prefix' | 'missing' | 'extra'>,
): FoldedNorms | null {
  const { add, remove } = prefix ?? { add: '', remove: '' };
  const ours = missing.map(spell);
  const theirs = extra
    .map(spell)
    .map((each) => (each.startsWith(remove) ? add + each.slice(remove.length) : each));
  const inModel = foldedIn(theirs, ours);
  const modules = inModel.length > 0 ? inModel : foldedIn(ours, theirs);
  if (modules.length === 0) return null;
  const [folded, other] = inModel.length > 0 ? [name, base] : [base, name];
  return {
    tensors: modules.map((module) => `${module}.weight`),
    missing: modules.length * (inModel.length > 0 ? 2 : 1),
    kind: `${folded} has folded its weight norm, and ${other} has not: the one has weight where the other has weight_g and weight_v, in ${listNames(modules)}`,
    remedy: `Fold that of ${other} too: torch.nn.utils.remove_weight_norm(module) on each, or torch.nn.utils.parametrize.remove_parametrizations(module, "weight") in its newer form, then save its state_dict().`,
  };
}

/** The modules that have their weight among the first names, and its length among the others. */
function foldedIn(folded: readonly string[], others: readonly string[]): string[] {
  const weights = new Set(folded);
  return others.flatMap((name) => {
    const module = `.${name}`.endsWith(length) ? name.slice(0, -length.length) : null;
    return module !== null && weights.has(`${module}.weight`) ? module : [];
  });
}
