import { languagePresets } from './language.ts';
import type { LanguagePreset, Preset } from './preset.ts';
import { visionPresets } from './vision.ts';

/** Every task that comes with a template, label words or class names. */
export const presets: readonly Preset[] = [...languagePresets, ...visionPresets];

/** The preset of an id, or null. */
export const presetOf = (id: string): Preset | null =>
  presets.find((each) => each.id === id) ?? null;

/** The preset that a path speaks of, its last part first: "glue/SST-2/train.tsv" is SST-2; null when there is none. */
export function guessPreset(path: string): Preset | null {
  for (const part of path.split('/').reverse()) {
    const words = part
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '');
    const found = presets.find(({ names }) => names.test(words));
    if (found) return found;
  }
  return null;
}

/** The first task whose columns are among these, and whose classes all labels are; null when there is none. */
export function alikePreset(
  columns: readonly string[],
  labels: readonly string[],
): LanguagePreset | null {
  if (labels.length < 2) return null;
  const found = languagePresets.find(({ columns: { text, text_b, label }, labels: classes }) => {
    const needed = [text, text_b, label].filter((column) => column !== undefined);
    return (
      needed.every((column) => columns.includes(column)) &&
      labels.every((each) => classes.includes(each))
    );
  });
  return found ?? null;
}
