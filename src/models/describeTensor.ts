import type { Architecture, Component, ComponentRule } from './architecture.ts';
import { partOf, prefixOf, type ModelKind } from '../tensor/modelParts.ts';
import { architectureOf } from './registry.ts';
import { spell } from './spellings.ts';

/** What a tensor is to its model. */
export interface TensorRole {
  /** Block number within its stack, or null outside the blocks. */
  layer: number | null;
  component: Component;
  /** A parameter of a transformer block. */
  block: boolean;
  /** A constant such as position ids or a causal mask: copied, never merged. */
  buffer: boolean;
  /** Number of the stack in network order, e.g. CLIP's vision 0 and text 1; 0 outside the blocks. */
  stack: number;
}

/** For models of unknown architecture. */
const generic: Pick<Architecture, 'stacks' | 'blockRules' | 'outerRules' | 'buffers'> = {
  stacks: [{ id: 'blocks', pattern: /(?:^|\.)(?:layers?|h|blocks?|resblocks)\.(\d+)\.(.+)$/ }],
  blockRules: [
    ['LayerNorm', /norm|(?:^|\.)ln_?\d/i],
    ['attention', /att(?:n|ention)|(?:^|\.)[qkvo]_proj\./i],
    ['MLP', /mlp|ffn|feed_?forward|intermediate|(?:^|\.)(?:output|fc\d?|dense|lin\d)\./i],
  ],
  outerRules: [
    ['LayerNorm', /norm|(?:^|\.)ln_/i],
    ['embeddings', /embed|(?:^|\.)(?:wte|wpe|shared)\.|(?:cls|dist)_token/i],
    ['head', /head|classifier|pooler|qa_outputs|score|proj/i],
  ],
  buffers: [/(?:^|\.)(?:position_ids|attn_mask|masked_bias|inv_freq|num_batches_tracked)$/],
};

const componentOf = (rules: readonly ComponentRule[], name: string) =>
  rules.find(([, pattern]) => pattern.test(name))?.[0] ?? 'other';

/** The role of a tensor by its name, in a model of this architecture (an id of the registry, or null). */
export function describeTensor(architecture: string | null, stored: string): TensorRole {
  const name = spell(stored);
  const { stacks, blockRules, outerRules, buffers } = architectureOf(architecture) ?? generic;
  const buffer = buffers.some((pattern) => pattern.test(name));
  for (const [stack, { pattern }] of stacks.entries()) {
    const [, layer, rest] = pattern.exec(name) ?? [];
    if (layer === undefined || rest === undefined) continue;
    const component = buffer ? 'other' : componentOf(blockRules, rest);
    return { layer: Number(layer), component, block: !buffer, buffer, stack };
  }
  const component = buffer ? 'other' : componentOf(outerRules, name);
  return { layer: null, component, block: false, buffer, stack: 0 };
}

/** The roles of all tensors of a model, by the architectures of its parts; the stacks of a part follow those of the part before it. */
export function rolesOf(model: ModelKind, names: readonly string[]): TensorRole[] {
  return names.map(rolesIn(model));
}

/** The role of a tensor of a model, as in `rolesOf`. */
export function rolesIn(model: ModelKind): (name: string) => TensorRole {
  const kinds = [{ path: '', architecture: model.architecture }, ...(model.parts ?? [])];
  const first = new Map<string, number>();
  let stacks = 0;
  for (const { path, architecture } of kinds) {
    if (first.has(path)) continue;
    first.set(path, stacks);
    stacks += (architectureOf(architecture) ?? generic).stacks.length;
  }
  return (name) => {
    const part = partOf(model, name);
    const role = describeTensor(part.architecture, name.slice(prefixOf(part).length));
    const before = role.layer === null ? 0 : (first.get(part.path) ?? 0);
    return { ...role, stack: role.stack + before };
  };
}

/**
 * The same, layers numbered through: those of a later stack (CLIP's text tower, T5's decoder) follow the last of the stack
 * before it.
 */
export function describeTensors(model: ModelKind, names: readonly string[]): TensorRole[] {
  const roles = rolesOf(model, names);
  const layers = countLayers(roles);
  const first = layers.map((_, stack) => layers.slice(0, stack).reduce((a, b) => a + b, 0));
  return roles.map((role) =>
    role.layer === null ? role : { ...role, layer: role.layer + (first[role.stack] ?? 0) },
  );
}

/** Number of layers of each stack, from roles numbered stack by stack. */
export function countLayers(roles: readonly TensorRole[]): number[] {
  const layers: number[] = [];
  for (const { layer, stack } of roles) {
    if (layer === null) continue;
    while (layers.length <= stack) layers.push(0);
    layers[stack] = Math.max(layers[stack] ?? 0, layer + 1);
  }
  return layers;
}
