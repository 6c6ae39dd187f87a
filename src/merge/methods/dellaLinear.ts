import { dropByRank } from '../filters/dropByRank.ts';
import { dropped } from '../mergekitTrim.ts';
import {
  parameter,
  everywhere,
  densityParameter,
  lambdaParameter,
  rescaleParameter,
  seedParameter,
  weightParameter,
  withWeight,
  type Method,
} from '../method.ts';
import { keepsSize, rescaledWeights } from '../rescale.ts';

const epsilonParameter = parameter(
  'epsilon',
  0.15,
  'How much likelier than density the largest change of a row is kept, and the smallest less likely.',
  { max: 0.5 },
);

/** What both forms have in common, but for how terms are summed. */
export const dellaShared = {
  paper: { title: 'DELLA-Merging', url: 'https://arxiv.org/abs/2406.11617' },
  parameters: [
    {
      ...densityParameter,
      default: 0.5,
      hint: 'Share of its changes that this model keeps on average.',
    },
    epsilonParameter,
    weightParameter,
    lambdaParameter,
    {
      ...rescaleParameter,
      hint: 'Whether what is kept grows until the sizes of all changes in a tensor add up to what they did.',
    },
    seedParameter,
  ],
  ...everywhere,
  filters: [dropByRank],
  sums: 'sizes',
  weigh: rescaledWeights,
  weighs: keepsSize,
} as const satisfies Partial<Method>;

/** mergekit's form of it. */
export function asMergekit(sum: Parameters<typeof dropped>[0]): Method['mergekit'] {
  const form = dropped(sum);
  return { ...form, parameters: [...form.parameters, epsilonParameter], filters: [dropByRank] };
}

/** Drops changes at random, small ones of a row more often, and adds up the rest (Deep et al. 2024). */
export const dellaLinear: Method = {
  label: 'DELLA',
  summary: 'Drops changes at random, small ones more often, scales up the rest, and adds them.',
  formula: 'θ = θ_pre + λ Σ wᵢ sᵢ mᵢ τᵢ,  mᵢ ~ Bernoulli(density ± ε by rank in the row)',
  ...dellaShared,
  parameters: withWeight(dellaShared.parameters, 0.4),
  constants: { DELTA: 1, NORMALIZE: 0 },
  mergekit: asMergekit({ elects: false, normalize: false }),
};
