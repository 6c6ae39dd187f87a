import type { Pass } from '../method.ts';

/** The `density` of largest |τ| of a model, over the whole scope. */
export const trim: Pass = { name: 'trim(density)', mask: 'density' };

/** The same in each tensor by itself. */
export const trimEach: Pass = { ...trim, name: 'trim each(density)', byTensor: true };

/** The `select_topk` of each tensor on which models differ most, by the variance of their task vectors. */
export const selectVarying: Pass = {
  name: 'select(select_topk)',
  mask: 'spread',
  byTensor: true,
};

/** The `density` of highest score among all of its model and beside the other models, which then counts by it. */
export const compete: Pass = {
  name: 'compete(density)',
  mask: 'balance',
  constants: { BALANCE: 1 },
};
