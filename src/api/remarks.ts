/** What a remark is about. */
export type RemarkKind =
  | 'missing'
  | 'other shape'
  | 'other dtype'
  | 'only there'
  | 'tied'
  | 'untied'
  | 'rows'
  | 'renamed'
  | 'dequantized'
  | 'adapter'
  | 'not finite'
  | 'too large'
  | 'note';

/** What makes a merge other than one may think: the same words on the page, in the command and on the card. */
export interface Remark {
  kind: RemarkKind;
  /** A whole sentence, with the count and the first names of the tensors that it concerns. */
  text: string;
  /** All of these tensors, by their names in the base, or in the model that alone has them. */
  tensors: string[];
}
