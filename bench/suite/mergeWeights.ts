import type { TaskMask } from '../../src/scope/masks.ts';
import type { Suite, WeightMap } from './suiteModels.ts';

/** A merge of the values at one position: base, and those of the fine-tunes. */
type Rule = (base: number, tuned: number[], held: boolean[]) => number;

/** The base with every tensor in scope merged by a rule; `held` are the masks' bits, false where there are none. */
function merge({ base, tuned, scope }: Suite, rule: Rule, masks: readonly TaskMask[]): WeightMap {
  const merged = new Map(base);
  for (const { name } of scope) {
    const models = tuned.map((weights) => weights.get(name)!);
    const words = tuned.map((_, m) => masks[m]?.words.get(name));
    const held = (word: Uint32Array | undefined, k: number) =>
      word !== undefined && ((word[k >>> 5]! >>> (k & 31)) & 1) === 1;
    merged.set(
      name,
      base.get(name)!.map((value, k) =>
        rule(
          value,
          models.map((model) => model[k]!),
          words.map((word) => held(word, k)),
        ),
      ),
    );
  }
  return merged;
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** Base where no mask is, else the mean of the fine-tunes whose masks hold the position (ARCHITECTURE.md, Stitch). */
export function stitch(suite: Suite, masks: readonly TaskMask[]): WeightMap {
  const rule: Rule = (base, tuned, held) => {
    const owners = tuned.filter((_, m) => held[m]);
    return owners.length > 0 ? mean(owners) : base;
  };
  return merge(suite, rule, masks);
}

/** The base with one task's mask. */
export function graft(suite: Suite, mask: TaskMask, task: number): WeightMap {
  return stitch({ ...suite, tuned: [suite.tuned[task]!] }, [mask]);
}

export const average = (suite: Suite) => merge(suite, (_, tuned) => mean(tuned), []);

/** θ_pre + 0.4·Στ (Ilharco et al., 2023). */
export function taskArithmetic(suite: Suite): WeightMap {
  return merge(
    suite,
    (base, tuned) => base + 0.4 * tuned.reduce((sum, value) => sum + value - base, 0),
    [],
  );
}

/** Trims to the largest 20 %, elects the sign of the sum, means what agrees with it; λ 1 (Yadav et al., 2023). */
export function ties(suite: Suite): WeightMap {
  const least = suite.tuned.map((_, m) => largestShare(suite, m, 0.2));
  const rule: Rule = (base, tuned) => {
    const deltas = tuned.map((value) => value - base).filter((d, m) => Math.abs(d) >= least[m]!);
    const sign = Math.sign(deltas.reduce((a, b) => a + b, 0));
    const agreeing = deltas.filter((d) => d * sign > 0);
    return base + (agreeing.length > 0 ? mean(agreeing) : 0);
  };
  return merge(suite, rule, []);
}

/** The least |τ| of a share of the largest. */
function largestShare({ base, tuned, scope }: Suite, m: number, share: number): number {
  const sizes = scope.flatMap(({ name }) => {
    const from = base.get(name)!;
    return Array.from(tuned[m]!.get(name)!, (value, k) => Math.abs(value - from[k]!));
  });
  return sizes.sort((a, b) => b - a)[Math.floor(share * sizes.length) - 1] ?? Infinity;
}
