import { isRecord, type TokenizerPart } from './tokenizerJson.ts';

/** Ids that a tokenizer puts before every text of its own accord, as its post-processor says: Llama's <s>, none of GPT-2's. */
export function beginsOf(processor: TokenizerPart | null): number[] {
  if (processor?.type === 'Sequence') {
    const { processors } = processor;
    const parts = Array.isArray(processors) ? processors.filter(isRecord) : [];
    return parts.flatMap((part) => beginsOf({ ...part, type: String(part.type) }));
  }
  if (processor?.type !== 'TemplateProcessing') return [];
  const { single, special_tokens: known } = processor;
  const pieces: unknown[] = Array.isArray(single) ? single : [];
  const sequence = pieces.findIndex((piece) => isRecord(piece) && 'Sequence' in piece);
  return pieces.slice(0, Math.max(0, sequence)).flatMap((piece) => {
    const token = isRecord(piece) && isRecord(piece.SpecialToken) ? piece.SpecialToken.id : null;
    const entry = isRecord(known) && typeof token === 'string' ? known[token] : null;
    const ids: unknown[] = isRecord(entry) && Array.isArray(entry.ids) ? entry.ids : [];
    return ids.filter((id) => typeof id === 'number');
  });
}
