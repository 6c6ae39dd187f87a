/** A file the user handed over; `path` is relative and uses slashes, e.g. `roberta-base/model.safetensors`. */
export interface SourceFile {
  path: string;
  blob: Blob;
}
