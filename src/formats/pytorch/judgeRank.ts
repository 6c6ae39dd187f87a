import { unsupported } from '../../errors.ts';
import { deepspeedRemedy, megatronRemedy, metaRemedy } from '../distributed.ts';
import {
  PickleObject,
  type PickleDict,
  type PickleTensor,
  type PickleValue,
} from './pickleValues.ts';
import type { StateDict } from './stateDict.ts';

/** In how many parts Megatron's arguments say that a model is saved. */
const counts = [
  'tensor_model_parallel_size',
  'pipeline_model_parallel_size',
  'expert_model_parallel_size',
  'model_parallel_size',
];

/** Layers whose columns tensor parallelism splits: a whole one is square, or nearly so. */
const splitByColumns =
  /(?:^|\.)(?:attention|self_attention|attn)\.(?:dense|linear_proj|wo)\.weight$/;
/** Names of what Megatron and Meta’s programs train. */
const isTheirs =
  /^(?:module\.)?(?:language_model|transformer|encoder|decoder)\.(?:layers|encoder|transformer)\.|^(?:model\.)?tok_embeddings\./;
const isRankPath = /(?:^|\/)(?:mp|tp)_rank_\d|(?:^|\/)model_optim_rng\.pt$/;

/**
 * Throws Unsupported where the models of a pickle are one process's part of a checkpoint of Megatron, DeepSpeed or Meta, by its own
 * account or by its shapes; what is to be said where one of Megatron or DeepSpeed is the only part.
 */
export function judgeRank(root: PickleValue, found: readonly StateDict[], path: string): string[] {
  const { byDeepSpeed, byMegatron } = accountOf(root);
  const refuse = (why: string, remedy: string) =>
    unsupported(`${path} is a part of a distributed checkpoint: ${why}. ${remedy}`);
  const most = Math.max(...byDeepSpeed, ...byMegatron);
  if (most > 1)
    throw refuse(
      `it holds, by its own account, the weights of one process of ${most}`,
      byMegatron.includes(most) ? megatronRemedy : deepspeedRemedy,
    );
  if (most > 0)
    return [
      `${path} is, by its own account, the only part of its checkpoint, and holds the whole.`,
    ];
  const tensors = found.flatMap((state) => [...state.tensors]);
  const has = (name: RegExp) => tensors.some(([each]) => name.test(each));
  const remedy = has(/tok_embeddings/) ? metaRemedy : megatronRemedy;
  const share = splitInto(tensors);
  if (share > 1 && (has(isTheirs) || isRankPath.test(path)))
    throw refuse(`of each layer it holds one process’s share of ${share}`, remedy);
  if (!isRankPath.test(path)) return [];
  const isWhole = share === 1 && has(/embedding/) && has(/final_(?:layer)?norm/);
  if (!isWhole)
    throw refuse('nothing in it says that it is the only one, and it does not look whole', remedy);
  return [
    `${path} does not say how many parts its checkpoint has. It was read as the whole: its layers are not split, and the first and the last are there.`,
  ];
}

/** Of how many processes a checkpoint says that each saved a part. */
function accountOf(root: PickleValue): { byDeepSpeed: number[]; byMegatron: number[] } {
  const dict: PickleDict = root instanceof Map ? root : new Map();
  const args = dict.get('args');
  const own = args instanceof PickleObject ? args.state : args;
  const numbers = (of: PickleValue | undefined, keys: readonly string[]) =>
    keys.flatMap((key) => {
      const value = of instanceof Map ? of.get(key) : undefined;
      return typeof value === 'number' ? value : [];
    });
  return { byDeepSpeed: numbers(dict, ['mp_world_size']), byMegatron: numbers(own, counts) };
}

/** Into how many parts layers are split by their columns: 1 of whole ones, 0 where there are none to tell it. */
function splitInto(tensors: readonly (readonly [string, PickleTensor])[]): number {
  const shares = new Set(
    tensors.flatMap(([name, { shape }]) => {
      const [rows, columns] = shape;
      return splitByColumns.test(name) && rows && columns ? rows / columns : [];
    }),
  );
  const [share = 0, ...others] = shares;
  return others.length === 0 && share > 1 && !Number.isInteger(share) ? 1 : share;
}
