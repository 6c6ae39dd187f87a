import { parameterRules } from '../../recipe/parameters.ts';
import { keepAgreed } from '../filters/keepAgreed.ts';
import { sumOfChanges, lambdaParameter, weightParameter, type Method } from '../method.ts';

/** How TALL masks are made, and how many must agree. */
export const consensusParameters = [
  { ...lambdaParameter, default: 0.4 },
  {
    ...parameterRules.tall_lambda,
    name: 'tall_lambda',
    default: 0.4,
    max: 2,
    hint: 'How selective the mask of each task is: at 1, its own change must be as large as what the others add.',
  },
  {
    ...parameterRules.least_tasks,
    name: 'least_tasks',
    default: 2,
    hint: 'Weights that fewer tasks need are left as in the base.',
  },
] as const;

/** Paper of both forms. */
export const consensusPaper = {
  title: 'Localizing task information',
  url: 'https://arxiv.org/abs/2405.07813',
};

/** Task arithmetic at the weights that at least two TALL masks hold (Wang et al. 2024). */
export const consensusTa: Method = {
  label: 'Consensus TA',
  summary: 'Task arithmetic, but only at the weights that at least two tasks need.',
  formula: 'θ = θ_pre + λ τ where ≥ 2 tasks have |τᵢ| ≥ λ_t |τ − τᵢ|,  τ = Σ wᵢ τᵢ',
  paper: consensusPaper,
  parameters: [weightParameter, ...consensusParameters],
  ...sumOfChanges,
  filters: [keepAgreed],
};
