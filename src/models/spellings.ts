/** Ways in which one and the same tensor is named: what is found, and what stands for it. The first that matches is used, until none does. */
const spellings: readonly (readonly [found: RegExp, standing: string])[] = [
  // Wrappers inside a name, of torch.nn.DataParallel, torch.compile, FSDP, activation checkpointing and PEFT; before it they are prefixes.
  [
    /\.(?:module|_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module|base_model\.model|base_layer)\./,
    '.',
  ],
  // TensorFlow's names of a normalisation, in BERT's first checkpoints.
  [/(norm\w*)\.gamma$/i, '$1.weight'],
  [/(norm\w*)\.beta$/i, '$1.bias'],
  // torch.nn.utils.weight_norm and spectral_norm before they were parametrizations.
  [/(^|\.)weight_g$/, '$1parametrizations.weight.original0'],
  [/(^|\.)weight_v$/, '$1parametrizations.weight.original1'],
  [/(^|\.)weight_orig$/, '$1parametrizations.weight.original'],
];

/** The one spelling of a tensor's name, by which checkpoints that spell it differently meet. */
export function spell(name: string): string {
  let spelled = name;
  for (let [round, before] = [0, '']; spelled !== before && round < 16; round++) {
    before = spelled;
    for (const [found, standing] of spellings) spelled = spelled.replace(found, standing);
  }
  return spelled;
}

/** Names with their one spelling; a spelling that two share is left to both as they are. */
export function spellAll(names: readonly string[]): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  const spelled = names.map((name) => [name, spell(name)] as const);
  for (const [, each] of spelled) counts.set(each, (counts.get(each) ?? 0) + 1);
  return new Map(spelled.map(([name, each]) => [name, counts.get(each) === 1 ? each : name]));
}
