import type { Kernel } from '../compute.ts';
import { combine } from './combine.ts';
import { histogram } from './histogram.ts';
import { mask } from './mask.ts';
import { tiebreak } from './tiebreak.ts';

export const kernels = { histogram, mask, tiebreak, combine } satisfies Record<string, Kernel>;
