import { expect, it } from 'vitest';
import { spell, spellAll } from './spellings.ts';

it.each([
  ['bert.encoder.layer.0.output.LayerNorm.gamma', 'bert.encoder.layer.0.output.LayerNorm.weight'],
  ['embeddings.LayerNorm.beta', 'embeddings.LayerNorm.bias'],
  ['decoder.conv.weight_g', 'decoder.conv.parametrizations.weight.original0'],
  ['weight_v', 'parametrizations.weight.original1'],
  ['f.weight_orig', 'f.parametrizations.weight.original'],
  ['model._orig_mod.h.0._fsdp_wrapped_module._checkpoint_wrapped_module.w', 'model.h.0.w'],
  ['encoder.base_model.model.layer.0.w', 'encoder.layer.0.w'],
  ['h.0.q_proj.base_layer.weight', 'h.0.q_proj.weight'],
  // Before a name a wrapper is a prefix, and these have no other spelling.
  ['module.h.0.w', 'module.h.0.w'],
  ['gamma', 'gamma'],
  ['layer_scale.gamma', 'layer_scale.gamma'],
  ['time_mix_v', 'time_mix_v'],
])('%s is spelled %s', (name, spelled) => {
  expect(spell(name)).toBe(spelled);
});

it('two names of one spelling stay as they are', () => {
  const names = ['norm.gamma', 'norm.weight', 'a.norm.beta'];
  expect([...spellAll(names).values()]).toEqual(['norm.gamma', 'norm.weight', 'a.norm.bias']);
});
