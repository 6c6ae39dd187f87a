import { isRecord, type TokenizerPart } from './tokenizerJson.ts';

/** What a tokenizer puts around texts of its own accord, as its post-processor says: Llama's <s> before each, nothing of GPT-2's. */
export interface Frames {
  begins: readonly number[];
  ends: readonly number[];
  /** Around two texts that are read as one. */
  pair: {
    begins: readonly number[];
    between: readonly number[];
    ends: readonly number[];
  };
}

/** The ids of a post-processor's templates; none where it has no template. */
export function framesOf(processor: TokenizerPart | null): Frames {
  const template = templateIn(processor);
  const [begins = [], ends = []] = idsAround(template, 'single');
  const [before = [], between = [], after = []] = idsAround(template, 'pair');
  return { begins, ends, pair: { begins: before, between, ends: after } };
}

function templateIn(processor: Readonly<Record<string, unknown>> | null) {
  if (processor?.type === 'TemplateProcessing') return processor;
  if (processor?.type !== 'Sequence') return null;
  const { processors } = processor;
  const parts: unknown[] = Array.isArray(processors) ? processors : [];
  return (
    parts
      .filter(isRecord)
      .find(({ type }: Record<string, unknown>) => type === 'TemplateProcessing') ?? null
  );
}

/** The ids before, between and behind the texts of a template. */
function idsAround(
  template: Readonly<Record<string, unknown>> | null,
  key: 'single' | 'pair',
): number[][] {
  const { [key]: pieces, special_tokens: known } = template ?? {};
  const around: number[][] = [[]];
  for (const piece of Array.isArray(pieces) ? pieces.filter(isRecord) : []) {
    if ('Sequence' in piece) around.push([]);
    const token = isRecord(piece.SpecialToken) ? piece.SpecialToken.id : null;
    const entry = isRecord(known) && typeof token === 'string' ? known[token] : null;
    const ids: unknown[] = isRecord(entry) && Array.isArray(entry.ids) ? entry.ids : [];
    around.at(-1)!.push(...ids.filter((id) => typeof id === 'number'));
  }
  return around;
}
