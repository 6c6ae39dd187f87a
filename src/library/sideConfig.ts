import type { OpenedCheckpoint } from '../formats/checkpoint.ts';
import { sideFilesIn } from '../formats/sideFiles.ts';

const largestConfig = 4e6;

/** config.json of a part, as text; null where there is none, or none of a plausible size. */
export async function configText(
  checkpoint: Pick<OpenedCheckpoint, 'sideFiles' | 'parts'>,
  part = '',
): Promise<string | null> {
  const found = sideFilesIn(checkpoint, part).get('config.json');
  return found && found.size <= largestConfig ? found.text() : null;
}

/** config.json as far as it can be read: saving is no place to fail at it. */
export function parseConfig(text: string | null): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return {};
    throw thrown;
  }
}
