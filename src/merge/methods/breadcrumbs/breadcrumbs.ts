import { createMethod } from '../../method.ts';
import { mergekitMean, scale, sum, taskVectors } from '../../passes/combine.ts';
import { dropLargest } from '../../passes/dropLargest.ts';
import { rescaleSizes } from '../../passes/rescale.ts';
import { trim, trimEach } from '../../passes/select.ts';
import { face } from './face.ts';

/** Drops the largest and the small changes, adds up the rest (Davari and Belilovsky 2024), ranked over the scope. */
export const breadcrumbs = createMethod(face, [taskVectors, trim, dropLargest, sum, scale], {
  passes: [taskVectors, trimEach, dropLargest, rescaleSizes, mergekitMean, scale],
});
