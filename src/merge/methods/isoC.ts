import { sumOfChanges, lambdaParameter, type Method } from '../method.ts';
import { gramOf, inWorkspace, isotropicMap, mapped, rightSingular } from '../matrix/singular.ts';

/** Sum of task vectors with all its singular values made equal to their mean (Marczak et al. 2025), matrix by matrix. */
export const isoC: Method = {
  label: 'Iso-C',
  summary: 'Adds up the changes and gives all their directions the same strength.',
  formula: 'θ = θ_pre + λ σ̄ U Vᵀ,  U S Vᵀ = Σ τᵢ,  σ̄ = mean of S',
  paper: { title: 'No Task Left Behind', url: 'https://arxiv.org/abs/2502.04959' },
  parameters: [lambdaParameter],
  ...sumOfChanges,
  matrix: (task) =>
    inWorkspace(task, (spectral) => {
      const { workspace, taus, short } = spectral;
      const sum = rightSingular(spectral, () => gramOf(spectral, [{ tensors: taus }]));
      const mean = sum.sizes.reduce((total, size) => total + size, 0) / short;
      return mapped(spectral, taus, isotropicMap(workspace, sum, mean));
    }),
};
