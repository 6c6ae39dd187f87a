import { describeTensor } from './describeTensor.ts';

/** Heads that have a row for each word; those of classes and other tasks are not among them. */
const wordHeads =
  /(?:^|[./])(?:lm_head|lm_head\.decoder|embed_out|vocab_projector|output_projection|proj_out|(?:cls\.)?predictions(?:\.decoder)?)\.(?:weight|bias)$/;

/** Embeddings of other things than words. */
const otherRows =
  /position|pos_|wpe|type|segment|class|cls|label|time|patch|conv|linear|dense|proj|norm/i;

/** Whether the rows of a tensor of this name stand for words: embeddings of tokens, and heads over them. */
export function hasWordRows(architecture: string | null, name: string): boolean {
  if (wordHeads.test(name)) return true;
  const { component } = describeTensor(architecture, name);
  return component === 'embeddings' && name.endsWith('weight') && !otherRows.test(name);
}
