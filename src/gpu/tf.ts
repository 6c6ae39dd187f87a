import type * as Tfjs from '@tensorflow/tfjs';

/** tfjs, loaded when it is first needed. */
export type Tf = typeof Tfjs;
export type Tensor = Tfjs.Tensor;
