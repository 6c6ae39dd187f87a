import type { Adapter } from './adapters/adapter.ts';
import type { ModelPart } from '../tensor/modelParts.ts';
import type { TensorIndex } from '../tensor/tensorIndex.ts';
import type { Patch } from './patchFile.ts';
import type { SourceFile } from './source.ts';

export type JsonValue = null | boolean | number | string | JsonValue[] | Map<string, JsonValue>;

/** What is known of tensors that are one where a model is tied, such as a head and its embeddings. */
export interface Ties {
  /** Names of those whose bytes repeat those of the first of them that the checkpoint has. */
  copies: readonly string[];
  /** What config.json says of tie_word_embeddings; null where it says nothing. */
  told: boolean | null;
}

/** A checkpoint as understood from its headers, before a byte of weights is read. */
export interface OpenedCheckpoint {
  /** Name of the folder that holds it alone or under a plain name such as model.safetensors, else of its file, without ending. */
  name: string;
  /** What its file is called, where it has another name. */
  formerName?: string;
  index: TensorIndex;
  /** In the order of `index.files`. */
  weightFiles: readonly SourceFile[];
  /** config.json, tokenizer files, README: copied beside the merged weights at export. Of `parts` their paths begin below the folder. */
  sideFiles: readonly SourceFile[];
  /** id in the registry of architectures, or null when unknown; of the part in the model's own folder where there are parts. */
  architecture: string | null;
  /** Set where a file of the model's folder names folders below it as parts: those that have weights. */
  parts?: readonly ModelPart[];
  /** Sentences on how its files were read, and what of them was left out. */
  notes?: readonly string[];
  /** Set when it is a patch: `index` then tells the base's tensors with the patch on them once the base is known. */
  patch?: Patch;
  /** Set when it is an adapter: `index` then tells its own tensors. */
  adapter?: Adapter;
  /** Set once its tied tensors were compared. */
  ties?: Ties;
  /** Set when its files hold several models, of which this is one, e.g. "g_ema". */
  part?: string;
}

/** A file that could not be opened, and the message that names it and says why and what to do. */
export interface OpenProblem {
  path: string;
  kind: 'BadFile' | 'Unsupported';
  message: string;
}

/** What a drop was understood to hold. */
export interface Inspection {
  checkpoints: OpenedCheckpoint[];
  problems: OpenProblem[];
  /** Texts of dropped recipes (.yml, .yaml). */
  recipes: { path: string; text: string }[];
}
