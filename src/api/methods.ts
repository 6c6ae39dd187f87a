import type { MergekitForm } from '../recipe/mergekitForm.ts';
import type { ParameterName, ParameterRule } from '../recipe/parameters.ts';

/** A parameter that a method has; `min` and `max` are those of its slider. */
export interface ParameterInfo extends ParameterRule {
  name: ParameterName;
  default: number;
  /** mergekit has no default: a recipe must give it. */
  required?: boolean;
  /** Values among which training examples may choose; a method has them for one parameter at most. */
  grid?: readonly number[];
  /** One plain line for hover and focus. */
  hint: string;
}

/** Where a method was published. */
export interface Paper {
  title: string;
  url: string;
  section?: string;
}

/**
 * What methods have in common: to start with; that they drop changes; that they go by singular directions; by lengths and angles
 * between models; that they learn from data.
 */
export type MethodGroup = 'start' | 'sparse' | 'spectral' | 'between' | 'data';

/** What people see of a merge method. */
export interface MethodFace {
  label: string;
  /** One plain line. */
  summary: string;
  /** The formula in plain Unicode, e.g. "θ = θ_pre + λ Σ wᵢ τᵢ". */
  formula: string;
  paper: Paper;
  parameters: readonly ParameterInfo[];
  defaultScope: 'blocks' | 'all';
  /** How many models it takes; absent: any number. */
  models?: readonly [least: number, most: number];
  /** Whether it takes masks found with data. */
  learnsMasks: boolean;
  /** What it does to the weights, step by step, e.g. "trim(density)", "elect", "mean", "scale(λ)". */
  passes: readonly string[];
}

/** mergekit's form of a method as the page knows it; `withoutBase`: its passes when it is given no base. */
export interface MergekitInfo extends MergekitForm {
  parameters: readonly ParameterInfo[];
  passes: readonly string[];
  withoutBase?: readonly string[];
}

/** A merge method as the page knows it. */
export interface MethodInfo extends MethodFace {
  id: string;
  group: MethodGroup;
  /** Whether each model has a mask, or every weight counts. */
  masks: boolean;
  /** Whether a patch has its own mask for it, and no density. */
  pinsPatches: boolean;
  /** What it takes under `compat: mergekit`, null when mergekit has no such method. */
  mergekit: MergekitInfo | null;
  /** What data of every task it learns from, one plain line; null when it goes by weights alone. */
  needs: string | null;
}
