import type { Tensor, Tf } from '../gpu/tf.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';

export type { Tensor, Tf };

/** What a model is fed, as tensors on the device: token ids, or images. */
export interface Batch {
  /** [B, T] int32. */
  ids?: Tensor;
  /** [B, T] int32: segment of each token. */
  types?: Tensor;
  /** [B, T] float32: 1 for tokens, 0 for padding. */
  attention?: Tensor;
  /** [B] int32: the position that the head reads. */
  at?: Tensor;
  /** [B, H, W, 3] float32, normalised. */
  pixels?: Tensor;
  /** [B] int32 class indices. */
  labels?: Tensor;
}

/** A tensor that a block reads: of the model that is merged, or of the task alone (its own head). */
export interface BlockTensor {
  info: TensorInfo;
  of: 'model' | 'task';
}

/** The parameters of a block by their names in the checkpoint, in their stored shapes. */
export type Params = (name: string) => Tensor;

/** A pure function of its parameters and the block before it. */
export interface Block {
  id: string;
  tensors: readonly BlockTensor[];
  /** `x` is the output of the block before, null for the first. Made of ops alone, so that it has gradients. */
  forward(tf: Tf, params: Params, x: Tensor | null, batch: Batch): Tensor;
}

/** One tower of a model: blocks from its inputs to the last hidden states, [B, T, d]. */
export interface Tower {
  input: 'text' | 'images';
  blocks: readonly Block[];
  /** Width d of the hidden states. */
  hidden: number;
  /** Most tokens of a text, or pixels of an image's side. */
  limit: number;
  /** Rows of the token embedding; 0 for images. */
  vocabulary: number;
  heads: Partial<Heads>;
}

/** Heads that a tower can have; each is a block whose input is the last hidden states. */
export interface Heads {
  /** Logits [B, words] at `batch.at` of the token ids given, through the masked-LM head. */
  maskedLm(words: readonly number[]): Block;
  /** Logits [B, labels] of the task's own classification head, from the fine-tuned checkpoint's tensors and its config.json. */
  classifier(task: readonly TensorInfo[], config: Readonly<Record<string, unknown>>): Block;
  /** Negative log-likelihoods [B, T − 1] of the next tokens, 0 where the next one is padding. */
  languageModel(): Block;
  /** Entropies [B, T − 1] of the next tokens, 0 where the next one is padding. */
  tokenEntropy(): Block;
  /** 1 where the next token is the likeliest one, else 0, [B, T − 1]; 0 where it is padding. No gradients. */
  greedyToken(): Block;
  /** Unit embeddings [B, e] in the space that CLIP's towers share. */
  projection(): Block;
}

/** The towers of a checkpoint, from its tensors and config.json ({} when there is none); throws Incompatible, Unsupported. */
export type BuildTowers = (
  tensors: readonly TensorInfo[],
  config: Readonly<Record<string, unknown>>,
) => { text?: Tower; images?: Tower };
