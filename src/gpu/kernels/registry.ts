import type { Kernel } from '../compute.ts';
import { accumulate } from './accumulate.ts';
import { adamStep } from './adamStep.ts';
import { addScaled } from './addScaled.ts';
import { combine } from './combine.ts';
import { consensus } from './consensus.ts';
import { dotProduct } from './dotProduct.ts';
import { dropOutliers } from './dropOutliers.ts';
import { dropRandom } from './dropRandom.ts';
import { fillByMask } from './fillByMask.ts';
import { heldSums } from './heldSums.ts';
import { graftWeights } from './graftWeights.ts';
import { histogram } from './histogram.ts';
import { innerProducts } from './innerProducts.ts';
import { keyHistogram } from './keyHistogram.ts';
import { keyMask } from './keyMask.ts';
import { logitStep } from './logitStep.ts';
import { mask } from './mask.ts';
import { pairSums } from './pairSums.ts';
import { stitchWeights } from './stitchWeights.ts';
import { tiebreak } from './tiebreak.ts';

export const kernels = {
  histogram,
  mask,
  tiebreak,
  combine,
  consensus,
  dropOutliers,
  dropRandom,
  innerProducts,
  heldSums,
  graftWeights,
  stitchWeights,
  logitStep,
  accumulate,
  addScaled,
  adamStep,
  dotProduct,
  fillByMask,
  keyHistogram,
  keyMask,
  pairSums,
} satisfies Record<string, Kernel>;
