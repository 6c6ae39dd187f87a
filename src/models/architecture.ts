import type { BuildTowers } from './block.ts';

export type Component = 'attention' | 'MLP' | 'LayerNorm' | 'embeddings' | 'head' | 'other';

/** A component and the names that belong to it; of several rules the first that matches counts. */
export type ComponentRule = readonly [Component, RegExp];

/** A tower of equal blocks; group 1 of `pattern` is the layer number, group 2 the rest of the tensor's name. */
export interface Stack {
  id: string;
  pattern: RegExp;
}

/** A family of models whose tensors have the same names, as data. Patterns leave room for any prefix. */
export interface Architecture {
  id: string;
  label: string;
  /** Values of model_type in config.json. */
  modelTypes: readonly string[];
  /** Tensors by any of which the architecture is told from names alone; `rows` demands a first size. */
  signatures: readonly { name: RegExp; rows?: number }[];
  /** Prefixes that some programs put before all names, or before those of the backbone. */
  prefixes: readonly string[];
  /** In network order. */
  stacks: readonly Stack[];
  /** Components by the rest of the name, inside a block. */
  blockRules: readonly ComponentRule[];
  /** Components by the whole name, outside the blocks. */
  outerRules: readonly ComponentRule[];
  /** Tensors that are constants, not parameters. */
  buffers: readonly RegExp[];
  /** Endings of names that are one tensor: `name` may be left out of a file that holds `to`. */
  tied: readonly { name: string; to: string }[];
  /** Its forward pass; absent where it can be merged but not run. */
  build?: BuildTowers;
}
