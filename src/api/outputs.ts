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
