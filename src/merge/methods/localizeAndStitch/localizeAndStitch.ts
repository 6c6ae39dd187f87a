import { createMethod } from '../../method.ts';
import { mean } from '../../passes/combine.ts';
import { trim } from '../../passes/select.ts';
import { face } from './face.ts';

/** Dataless Localize-and-Stitch (He et al. 2025, §3.2 and §3.3): largest |τ|, overlaps averaged. */
export const localizeAndStitch = createMethod(face, [trim, mean]);
