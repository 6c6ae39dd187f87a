import { defaultLocalize, metricIds, type LocalizeSettings, type MetricName } from './recipe.ts';
import type { Field, Readers, YamlReader } from './yamlReader.ts';

export const localizeKeys = [
  'preset',
  'budget',
  'shots',
  'seed',
  'epochs',
  'batch_size',
  'learning_rate',
  'l1',
] as const satisfies (keyof LocalizeSettings)[];

/** How masks are found with data; what is not given is as in `defaultLocalize`. */
export function parseLocalize(
  yaml: YamlReader,
  field: Field,
  presets: readonly string[],
): LocalizeSettings {
  const fields = yaml.map(field, localizeKeys);
  return { ...defaultLocalize, ...yaml.object(fields, localizeReaders(yaml, presets)) };
}

/** What reads each setting of a localizer. */
export function localizeReaders(
  yaml: YamlReader,
  presets: readonly string[],
): Readers<LocalizeSettings> {
  return {
    preset: (field) => yaml.oneOf(field, presets),
    budget: (field) => yaml.oneOf(field, ['exact', 'free']),
    shots: (field) => parseShots(yaml, field),
    seed: (field) => yaml.integer(field, 0, 2 ** 32 - 1),
    epochs: (field) => yaml.integer(field, 1, 10_000),
    batch_size: (field) => yaml.integer(field, 1, 4096),
    learning_rate: (field) => yaml.number(field, Number.MIN_VALUE, Number.MAX_VALUE),
    l1: (field) => yaml.number(field, 0, Number.MAX_VALUE),
  };
}

function parseShots(yaml: YamlReader, field: Field): number | 'all' | undefined {
  return yaml.isText(field)
    ? yaml.oneOf(field, ['all'] as const, 'a whole number of examples per class, or all')
    : yaml.integer(field, 1, 1_000_000);
}

/** Metrics to evaluate, each once. */
export function parseMetrics(yaml: YamlReader, field: Field): MetricName[] {
  return yaml.distinct(field, 'metric', (item) => yaml.oneOf(item, metricIds));
}
