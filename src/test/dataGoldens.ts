/** Text of everything in data/goldens/ (written by scripts/tokenizerGoldens.py), by path from data/. */
export const goldenTexts = import.meta.glob<string>('./goldens/**/*.{json,txt}', {
  base: '../data/',
  query: '?raw',
  import: 'default',
  eager: true,
});

/** A JSON file of data/goldens/. */
export function goldenJson<T>(name: string): T {
  return JSON.parse(goldenTexts[`./goldens/${name}`] ?? 'null') as T;
}

/** Files of a golden tokenizer by base name: all, or only those named. */
export function goldenTokenizer(name: string, only?: readonly string[]): Map<string, Blob> {
  const start = `./goldens/${name}/`;
  const files = Object.entries(goldenTexts).flatMap(([path, text]) => {
    const file = path.slice(start.length);
    const wanted = path.startsWith(start) && (!only || only.includes(file));
    return wanted ? [[file, new Blob([text])] as const] : [];
  });
  return new Map(files);
}
