export type OutDtype = 'float32' | 'float16' | 'bfloat16' | 'base';

export type Scope = 'blocks' | 'all' | { include?: string[]; exclude?: string[] };

/** Numeric parameters by mergekit's names: weight, density, lambda. Absent ones take the method's default. */
export type Parameters = Partial<Record<'weight' | 'density' | 'lambda', number>>;

/** What to merge and how: the page's whole setting. */
export interface Recipe {
  merge_method: string;
  /** Name of a checkpoint in the library, or its content id. */
  base_model: string;
  models: { model: string; parameters?: Parameters }[];
  parameters?: Parameters;
  /** Absent: the method's default. */
  scope?: Scope;
  dtype: 'float32';
  out_dtype: OutDtype;
}
