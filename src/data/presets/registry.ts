import { languagePresets } from './language.ts';
import type { Preset } from './preset.ts';
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
