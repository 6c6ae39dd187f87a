import { electStage } from './keptPositions.ts';
import { rankStage } from './magnitudeThresholds.ts';
import { mergeStage } from './mergeChunks.ts';
import { pairStage } from './pairTable.ts';
import { sumStage } from './tensorWeights.ts';

/** Every stage that passes over the inputs. */
export const stages = [rankStage, pairStage, sumStage, electStage, mergeStage] as const;
