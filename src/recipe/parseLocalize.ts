import { defaultLocalize, metricIds, type LocalizeSettings, type MetricName } from './recipe.ts';
import type { Field, Readers } from './yamlReader.ts';

/** How masks are found with data; what is not given is as in `defaultLocalize`. */
export function parseLocalize(field: Field, presets: readonly string[]): LocalizeSettings {
  return { ...defaultLocalize, ...field.map(localizeKeys).object(localizeReaders(presets)) };
}

/** What reads each setting of a localizer. */
export function localizeReaders(presets: readonly string[]): Readers<LocalizeSettings> {
  return {
    preset: (field) => field.oneOf(presets),
    budget: (field) => field.oneOf(['exact', 'free']),
    shots: parseShots,
    seed: (field) => field.integer(0, 2 ** 32 - 1),
    epochs: (field) => field.integer(1, 10_000),
    batch_size: (field) => field.integer(1, 4096),
    learning_rate: (field) => field.number(Number.MIN_VALUE, Number.MAX_VALUE),
    l1: (field) => field.number(0, Number.MAX_VALUE),
  };
}

/** In the order in which they are written. */
export const localizeKeys = Object.keys(localizeReaders([])) as (keyof LocalizeSettings)[];

function parseShots(field: Field): number | 'all' | undefined {
  return field.isText
    ? field.oneOf(['all'] as const, 'a whole number of examples per class, or all')
    : field.integer(1, 1_000_000);
}

/** Metrics to evaluate, each once. */
export function parseMetrics(field: Field): MetricName[] {
  return field.distinct('metric', (item) => item.oneOf(metricIds));
}
