import { defaultLocalize, metricNames, type LocalizeSettings, type MetricName } from './recipe.ts';
import type { Field, YamlReader } from './yamlReader.ts';

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

type LocalizeKey = (typeof localizeKeys)[number];

/** How masks are found with data; what is not given is as in `defaultLocalize`. */
export function parseLocalize(
  yaml: YamlReader,
  field: Field,
  presets: readonly string[],
): LocalizeSettings {
  const fields = yaml.map(field, localizeKeys);
  const given = localizeKeys.flatMap((key) => {
    const at = fields?.at.get(key);
    const value = at && parseSetting(yaml, at, key, presets);
    return value === undefined ? [] : [[key, value] as const];
  });
  return { ...defaultLocalize, ...Object.fromEntries(given) };
}

/** One setting of a localizer. */
export function parseSetting(
  yaml: YamlReader,
  field: Field,
  key: LocalizeKey,
  presets: readonly string[],
): number | string | undefined {
  switch (key) {
    case 'preset':
      return yaml.oneOf(field, presets);
    case 'budget':
      return yaml.oneOf(field, ['exact', 'free']);
    case 'shots':
      return parseShots(yaml, field);
    case 'seed':
      return yaml.integer(field, 0, 2 ** 32 - 1);
    case 'epochs':
      return yaml.integer(field, 1, 10_000);
    case 'batch_size':
      return yaml.integer(field, 1, 4096);
    case 'learning_rate':
      return yaml.number(field, Number.MIN_VALUE, Number.MAX_VALUE);
    case 'l1':
      return yaml.number(field, 0, Number.MAX_VALUE);
  }
}

function parseShots(yaml: YamlReader, field: Field): number | 'all' | undefined {
  return yaml.isText(field)
    ? yaml.oneOf(field, ['all'] as const, 'a whole number of examples per class, or all')
    : yaml.integer(field, 1, 1_000_000);
}

/** Metrics to evaluate, each once. */
export function parseMetrics(yaml: YamlReader, field: Field): MetricName[] {
  const metrics: MetricName[] = [];
  for (const item of yaml.list(field, 'metric')) {
    const metric = yaml.oneOf(item, metricNames);
    if (metric && metrics.includes(metric))
      yaml.report(item.line, item.path, `"${metric}" is listed already.`);
    else if (metric) metrics.push(metric);
  }
  return metrics;
}
