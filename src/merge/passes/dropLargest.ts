import { dropOutliers } from '../../gpu/kernels/dropOutliers.ts';
import type { MaskFilter } from '../maskFilter.ts';
import type { Pass } from '../method.ts';

const leaveOut: MaskFilter =
  async (_, { compute }) =>
  ({ inputs, slot, words }) =>
    compute.dispatch({
      kernel: dropOutliers,
      buffers: [slot.masks],
      params: new Uint32Array([words, inputs.length - 1, 0, 0]),
      threads: words,
      rows: inputs.length - 1,
    });

/** Leaves out the `gamma` share of largest |τ|, found as a second row of masks per model. */
export const dropLargest: Pass = { name: 'drop largest(γ)', filters: [leaveOut] };
