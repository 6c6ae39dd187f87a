import { createMethod } from '../../method.ts';
import { elect, mean, mergekitMean, scale, taskVectors } from '../../passes/combine.ts';
import { dropLargest } from '../../passes/dropLargest.ts';
import { rescaleSizes } from '../../passes/rescale.ts';
import { trim, trimEach } from '../../passes/select.ts';
import { face } from './face.ts';

/** Breadcrumbs (Davari and Belilovsky 2024) in place of trimming, then sign election and disjoint mean. */
export const breadcrumbsTies = createMethod(
  face,
  [taskVectors, trim, dropLargest, elect, mean, scale],
  { passes: [taskVectors, trimEach, dropLargest, rescaleSizes, elect, mergekitMean, scale] },
);
