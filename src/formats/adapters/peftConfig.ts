import type { JsonValue } from '../checkpoint.ts';
import { parsePythonPattern, type PythonPattern } from './pythonPattern.ts';

/** What adapter_config.json says, as far as it makes a difference to the weights. */
export interface PeftConfig {
  base: string | null;
  alpha: number;
  /** Alphas of the modules whose names match a pattern, or are its key; the first counts. */
  patterns: readonly { key: string; pattern: PythonPattern; alpha: number }[];
  /** alpha / √r in place of alpha / r: rsLoRA (Kalajdzievski 2023, arXiv:2312.03732). */
  rooted: boolean;
  /** `fan_in_fan_out`: the base stores weights [in, out]. */
  turned: boolean;
  /** Why it cannot be laid on a base, after the adapter's name. */
  refusal: string | null;
}

/** PEFT's, where the configuration gives none. */
const usualAlpha = 8;
/** Starts that take something from the base, so that the adapter fits what is left of it alone. */
const residual = /^(?:pissa|olora|corda|loftq|lora_ga)/i;
/** Keys that, set, make the adapter another function than base + product. */
const foreign = [
  'use_qalora',
  'use_bdlora',
  'alora_invocation_tokens',
  'layer_replication',
  'target_parameters',
];

/** adapter_config.json as a `PeftConfig`; null when it is no object. */
export function readPeftConfig(root: JsonValue): PeftConfig | null {
  if (!(root instanceof Map)) return null;
  const text = (key: string) => {
    const value = root.get(key);
    return typeof value === 'string' ? value : null;
  };
  const kind = text('peft_type');
  const starts = text('init_lora_weights');
  const alpha = root.get('lora_alpha');
  const alphas = root.get('alpha_pattern');
  const patterns: PeftConfig['patterns'][number][] = [];
  let refusal: string | null = null;
  if (kind !== null && kind !== 'LORA')
    refusal = `is an adapter of PEFT’s kind ${kind}; Stitchwork reads LORA.`;
  else if (starts !== null && residual.test(starts))
    refusal = `was begun by ${starts}, which takes its start out of the base, so that it does not fit the base itself.`;
  const set = foreign.find((key) => {
    const value = root.get(key);
    const isEmpty = Array.isArray(value) && value.length === 0;
    return value !== undefined && value !== null && value !== false && !isEmpty;
  });
  if (set !== undefined) refusal ??= `has ${set} set, which Stitchwork does not read.`;
  for (const [key, value] of alphas instanceof Map ? alphas : []) {
    const pattern = parsePythonPattern(key);
    if (typeof value === 'number' && pattern) patterns.push({ key, pattern, alpha: value });
    else
      refusal ??= `has the alpha_pattern ${JSON.stringify(key.slice(0, 60))}, which Stitchwork does not read.`;
  }
  return {
    base: text('base_model_name_or_path') || null,
    alpha: typeof alpha === 'number' ? alpha : usualAlpha,
    patterns,
    rooted: root.get('use_rslora') === true,
    turned: root.get('fan_in_fan_out') === true,
    refusal,
  };
}

/** Alpha of a module; `spend` is told of the steps that its patterns take and may throw. */
export function alphaOf(
  { alpha, patterns }: PeftConfig,
  module: string,
  spend: (steps: number) => void,
): number {
  const name = patterns.length > 0 ? [...module] : [];
  const found =
    patterns.find(({ pattern }) => pattern.ends(name, spend)) ??
    patterns.find(({ key }) => key === module);
  return found?.alpha ?? alpha;
}

/** What diffusers writes into a file's metadata: a configuration for each part of a pipeline, under `unet.lora_alpha` and the like. */
export function readPartConfigs(root: JsonValue): Map<string, PeftConfig> {
  const parts = new Map<string, Map<string, JsonValue>>();
  for (const [key, value] of root instanceof Map ? root : []) {
    const [, part, name] = /^([^.]+)\.(.+)$/.exec(key) ?? [];
    if (part === undefined || name === undefined) continue;
    parts.set(part, (parts.get(part) ?? new Map<string, JsonValue>()).set(name, value));
  }
  return new Map(
    [...parts].flatMap(([part, values]) => {
      const config = readPeftConfig(values);
      return config && values.has('lora_alpha') ? [[part, config] as const] : [];
    }),
  );
}
