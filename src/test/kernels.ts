import type { Kernel } from '../gpu/compute.ts';
import { accumulate } from '../gpu/kernels/accumulate.ts';
import { adamStep } from '../gpu/kernels/adamStep.ts';
import { addScaled } from '../gpu/kernels/addScaled.ts';
import { combine } from '../gpu/kernels/combine.ts';
import { consensus } from '../gpu/kernels/consensus.ts';
import { dotProduct } from '../gpu/kernels/dotProduct.ts';
import { dropOutliers } from '../gpu/kernels/dropOutliers.ts';
import { dropRandom } from '../gpu/kernels/dropRandom.ts';
import { fillByMask } from '../gpu/kernels/fillByMask.ts';
import { heldSums } from '../gpu/kernels/heldSums.ts';
import { graftWeights } from '../gpu/kernels/graftWeights.ts';
import { histogram } from '../gpu/kernels/histogram.ts';
import { innerProducts } from '../gpu/kernels/innerProducts.ts';
import { keyHistogram } from '../gpu/kernels/keyHistogram.ts';
import { keyMask } from '../gpu/kernels/keyMask.ts';
import { logitStep } from '../gpu/kernels/logitStep.ts';
import { mask } from '../gpu/kernels/mask.ts';
import { pairSums } from '../gpu/kernels/pairSums.ts';
import { stitchWeights } from '../gpu/kernels/stitchWeights.ts';
import { tiebreak } from '../gpu/kernels/tiebreak.ts';

/** Every kernel by its name. */
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
