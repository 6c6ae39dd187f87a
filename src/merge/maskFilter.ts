import type { Constants } from '../gpu/compute.ts';
import type { Parameters } from '../recipe/parameters.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import type { Allocate, ChunkWork, StreamHost } from './chunkStream.ts';
import type { PlannedTensor } from './preflight.ts';

/** Words [from, to) of a model's given mask over a tensor of the base, `own` by the model's name; no bit beyond the tensor's last element. */
export type MaskWords = (
  model: number,
  tensor: TensorInfo,
  from: number,
  to: number,
  own: string,
) => Promise<Uint32Array>;

/** What masks need of their surroundings. */
export type MaskHost = Pick<StreamHost, 'compute' | 'readers'> & { maskWords?: MaskWords };

/** What filters know of a plan. */
export interface FilterPlan {
  method: { constants: Constants };
  models: number;
  /** Of each model, outside the layers. */
  parameters: readonly Parameters[];
  /** The same in one tensor. */
  values(tensor: PlannedTensor): readonly Parameters[];
  outputs: readonly { planned: PlannedTensor }[];
}

/** Prepares, once for a run, what then takes positions out of the masks of each chunk. */
export type MaskFilter = (
  plan: FilterPlan,
  host: MaskHost,
  allocate: Allocate,
) => Promise<(work: ChunkWork) => Promise<void>>;
