import { defaultLocalize, metricNames, type LocalizeSettings, type MetricName } from './recipe.ts';
import type { Field, YamlReader } from './yamlReader.ts';

const keys = [
  'preset',
  'budget',
  'shots',
  'seed',
  'epochs',
  'batch_size',
  'learning_rate',
  'l1',
] as const;

/** How masks are found with data; what is not given is as in `defaultLocalize`. */
export function parseLocalize(
  yaml: YamlReader,
  field: Field,
  presets: readonly string[],
): LocalizeSettings {
  const fields = yaml.map(field, keys);
  const at = (key: (typeof keys)[number]) => fields?.at.get(key);
  const settings: LocalizeSettings = { ...defaultLocalize };
  const [preset, budget, shots, seed] = [at('preset'), at('budget'), at('shots'), at('seed')];
  settings.preset = (preset && yaml.oneOf(preset, presets)) ?? settings.preset;
  settings.budget = (budget && yaml.oneOf(budget, ['exact', 'free'] as const)) ?? settings.budget;
  if (shots) settings.shots = parseShots(yaml, shots) ?? settings.shots;
  settings.seed = (seed && yaml.integer(seed, 0, 2 ** 32 - 1)) ?? settings.seed;
  const [epochs, batchSize, rate, l1] = [
    at('epochs'),
    at('batch_size'),
    at('learning_rate'),
    at('l1'),
  ];
  const numbers = {
    epochs: epochs && yaml.integer(epochs, 1, 10_000),
    batch_size: batchSize && yaml.integer(batchSize, 1, 4096),
    learning_rate: rate && yaml.number(rate, Number.MIN_VALUE, Number.MAX_VALUE),
    l1: l1 && yaml.number(l1, 0, Number.MAX_VALUE),
  };
  for (const key of ['epochs', 'batch_size', 'learning_rate', 'l1'] as const) {
    const value = numbers[key];
    if (value !== undefined) settings[key] = value;
  }
  return settings;
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
