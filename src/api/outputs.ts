export interface SaveOptions {
  /** "one" file, or shards of at most `shardBytes`. */
  layout: 'one' | 'shards';
  shardBytes: number;
}

/** A file to save: its bytes are read from storage as they are written out. */
export interface OutputFile {
  name: string;
  blob: Blob;
}

export interface LoraOptions {
  rank: number;
  /** A share of the changes' norm; null: `rank` as it is. */
  error: number | null;
}

/** An adapter, its rank, and how far from the merge it is. */
export interface LoraFiles {
  files: OutputFile[];
  rank: number;
  /** ‖Δ − BA‖ / ‖Δ‖ over its layers. */
  error: number;
  /** Share of ‖Δ‖² that lies in what is no linear layer, and is not in it. */
  left: number;
}
