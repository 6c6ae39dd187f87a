import type { TensorInfo } from '../../tensor/tensorIndex.ts';

/** What an adapter makes of one tensor of its base. */
export type AdapterChange = ProductChange | ValueChange;

/** W + s · up·down, s = alpha / rank (rslora: alpha / √rank): LoRA (Hu et al. 2021, arXiv:2106.09685). */
export interface ProductChange {
  kind: 'product';
  /** Of the module, as the adapter names it, without the adapter's own prefixes. */
  module: string;
  /** [rows, rank], or [rows, rank, 1, 1] of a convolution; [dim, rank] of an embedding. */
  up: TensorInfo;
  /** [rank, columns], or [rank, …columns] of a convolution; [rank, rows] of an embedding. */
  down: TensorInfo;
  /** Number, or the tensor that holds it; absent: alpha is the rank. */
  alpha?: number | TensorInfo;
  rooted?: true;
  /** Set where the base stores the product transposed, whatever the shapes say. */
  turned?: true;
  /** DoRA (Liu et al. 2024, arXiv:2402.09353): lengths of the rows [rows] that W + s · up·down is given. */
  magnitude?: TensorInfo;
}

/** A tensor stored whole in place of the base's, or one that is added to it `scale` times. */
export interface ValueChange {
  kind: 'whole' | 'added';
  /** Of the tensor, as the adapter names it. */
  module: string;
  value: TensorInfo;
  scale?: number;
}

/** A low-rank adapter, as its headers tell. */
export interface Adapter {
  form: 'PEFT' | 'diffusers' | 'kohya';
  /** Its base's name, where its configuration gives one. */
  base: string | null;
  /** The largest of its products'. */
  rank: number;
  changes: readonly AdapterChange[];
}

/** The parts of a pipeline that an adapter may name before its modules, and the folders they lie in. */
const parts: readonly (readonly [found: RegExp, folder: string])[] = [
  [/^(?:lora_unet_|unet\.)/, 'unet'],
  [/^(?:lora_transformer_|transformer\.(?!h\.))/, 'transformer'],
  [/^(?:lora_te_|lora_te1_|text_encoder\.)/, 'text_encoder'],
  [/^(?:lora_te2_|text_encoder_2\.)/, 'text_encoder_2'],
  [/^(?:lora_te3_|text_encoder_3\.)/, 'text_encoder_3'],
  [/^diffusion_model\./, 'unet'],
];

/** A module's name without the part of a pipeline before it, and that part's folder. */
export function splitPart(module: string): { folder: string | null; rest: string } {
  for (const [found, folder] of parts)
    if (found.test(module)) return { folder, rest: module.replace(found, '') };
  return { folder: null, rest: module };
}
