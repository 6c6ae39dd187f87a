import type { SourceFile } from '../formats/source.ts';

const largestConfig = 4e6;

/** config.json among side files, as text; null where there is none, or none of a plausible size. */
export async function configText(sideFiles: readonly SourceFile[]): Promise<string | null> {
  const found = sideFiles.find(({ path }) => /(?:^|\/)config\.json$/.test(path));
  return found && found.blob.size <= largestConfig ? found.blob.text() : null;
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
