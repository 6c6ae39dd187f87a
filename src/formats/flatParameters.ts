import { unsupported } from '../errors.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import { listNames } from '../wording.ts';

/** How a model that several processes share is saved by the names of its tensors, FSDP of either version. */
export const fullStateRemedy =
  'Save the whole where it was trained, on every process: state = torch.distributed.checkpoint.state_dict.get_model_state_dict(model, options=StateDictOptions(full_state_dict=True, cpu_offload=True)), then torch.save(state, "model.pt") on the first.';

/** Names of FSDP's, new and fairscale's. */
const flat = /(?:^|\.)_?flat_param(?:_\d+)?$/;

/** Throws Unsupported where tensors are flat parameters of FSDP: the weights of several layers in one row. */
export function refuseFlat(what: string, tensors: readonly TensorInfo[]): void {
  const found = tensors.filter(({ name, shape }) => flat.test(name) && shape.length === 1);
  if (found.length > 0)
    throw unsupported(
      `${what} holds flat parameters of FSDP, in which the weights of several layers lie in one row without their names: ${listNames(found.map(({ name }) => name))}. ${fullStateRemedy}`,
    );
}
