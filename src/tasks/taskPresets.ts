import type { LanguagePreset, Preset } from '../data/presets/preset.ts';
import { presets } from '../data/presets/registry.ts';
import type { TaskData } from '../recipe/recipe.ts';
import type { TaskPreset } from '../api/tasks.ts';

/** The paper's tasks as the page knows them. */
export function taskPresets(): TaskPreset[] {
  return presets.map((preset) => ({
    id: preset.id,
    label: preset.label,
    metric: preset.metric,
    input: preset.kind === 'language' ? 'text' : 'images',
    data: dataOf(preset),
    ...(preset.kind === 'language' && preset.numbered && { numbered: numberedAs(preset) }),
  }));
}

function numberedAs({ numbered = [], labels, labelWords }: LanguagePreset) {
  const words = numbered.map((label) => labelWords[labels.indexOf(label)] ?? '');
  return { labels: [...numbered], label_words: words };
}

/** What a recipe says of such a task's data. */
export function dataOf(preset: Preset): TaskData {
  if (preset.kind === 'vision')
    return { prompts: preset.templates.map((template) => template.replace('{}', '{label}')) };
  const { text, text_b, label } = preset.columns;
  return {
    columns: { text, ...(text_b !== undefined && { text_b }), ...(label && { label }) },
    template: preset.template,
    label_words: [...preset.labelWords],
    labels: [...preset.labels],
  };
}
