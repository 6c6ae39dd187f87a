/** Inner products of every pair of models, n × n. */
export type Products = readonly (readonly number[])[];

/** What is summed of every model in a tensor: inner products of all pairs, Σ|x| or Σx². */
export type SumsKind = 'products' | 'sizes' | 'squares';

/** The sums of a tensor that were asked for, the others empty. */
export interface Sums {
  elements: number;
  products: Products;
  /** By model: over all positions, and over those in its mask. */
  all: readonly number[];
  held: readonly number[];
}
