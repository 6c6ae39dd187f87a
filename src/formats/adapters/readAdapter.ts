import { faultsOf, unsupported } from '../../errors.ts';
import { isMergeable } from '../../tensor/dtype.ts';
import { countElements, type TensorInfo } from '../../tensor/tensorIndex.ts';
import { listNames, plural } from '../../wording.ts';
import type { Adapter, AdapterChange, ProductChange } from './adapter.ts';
import { alphaOf, type PeftConfig } from './peftConfig.ts';

type Side = 'up' | 'down' | 'alpha' | 'magnitude' | 'bias';

/** How the dialects name what belongs to a module; what stands before is the module. */
const sides: readonly (readonly [found: RegExp, side: Side, form: Adapter['form']])[] = [
  [/\.lora_A(?:\.[\w-]+)?\.weight$|\.lora_embedding_A(?:\.[\w-]+)?$/, 'down', 'PEFT'],
  [/\.lora_B(?:\.[\w-]+)?\.weight$|\.lora_embedding_B(?:\.[\w-]+)?$/, 'up', 'PEFT'],
  [/\.lora_B(?:\.[\w-]+)?\.bias$/, 'bias', 'PEFT'],
  [/\.lora_magnitude_vector(?:\.[\w-]+)?$/, 'magnitude', 'PEFT'],
  [/(?:\.lora|_lora|\.lora_linear_layer)\.down\.weight$/, 'down', 'diffusers'],
  [/(?:\.lora|_lora|\.lora_linear_layer)\.up\.weight$/, 'up', 'diffusers'],
  [/\.lora_down\.weight$/, 'down', 'kohya'],
  [/\.lora_up\.weight$/, 'up', 'kohya'],
  [/\.alpha$/, 'alpha', 'kohya'],
];

/** Adapters of other kinds than LoRA, told to be refused. */
const others: readonly (readonly [found: RegExp, name: string])[] = [
  [/\.hada_w\d_/, 'LoHa'],
  [/\.lokr_w\d/, 'LoKr'],
  [/\.lora_mid\.|\.lora_t2\b/, 'a LoRA in Tucker form'],
  [/\.dora_scale$/, 'DoRA as LyCORIS writes it'],
  [/\.lora_[AB]$/, 'a LoRA as loralib writes it, without its alpha'],
  [/\.oft_(?:r|blocks|diag)\b/, 'OFT'],
  [/\.ia3_l\b/, 'IA³'],
  [/\.vera_lambda_/, 'VeRA'],
  [/\bprompt_embeddings$/, 'a soft prompt'],
  [/\.trainable_tokens_delta\b/, 'a LoRA that trains single tokens'],
];

/** Products of a higher rank than this cost more than the weights they change. */
const largestRank = 4096;
/** Of matching the names of modules with the patterns of a configuration. */
const mostSteps = 2e7;

const mergeFirst =
  'Merge it into its base with PEFT: model.merge_and_unload(), then save_pretrained.';

/** Whether tensors of these names belong to an adapter. */
export function isAdapter(tensors: readonly Pick<TensorInfo, 'name'>[]): boolean {
  const kinds = [...others, ...sides.filter(([, side]) => side !== 'alpha')];
  return tensors.some(({ name }) => kinds.some(([found]) => found.test(name)));
}

/** Weights of the base that PEFT saves beside the products that lie on them, as it does of embeddings. */
export function baseWeights(tensors: readonly TensorInfo[]): TensorInfo[] {
  const { modules, rest } = sortByModule(tensors);
  return rest.filter((each) => isOwnBase(each, modules));
}

function isOwnBase({ name }: TensorInfo, modules: ReadonlyMap<string, Module>): boolean {
  const ending = /\.base_layer\.weight$/;
  return ending.test(name) && modules.has(moduleName(name, ending));
}

const holdsBase = (tensors: readonly Pick<TensorInfo, 'name'>[]) =>
  tensors.some(({ name }) => /\.base_layer\.weight$/.test(name));

/** The adapter that these tensors are; `parts`: the configurations of those of a pipeline, by what their modules begin with. Throws BadFile, or Unsupported for an adapter that cannot be laid on a base. */
export function readAdapter(
  what: string,
  tensors: readonly TensorInfo[],
  config: PeftConfig | null,
  parts: ReadonlyMap<string, PeftConfig> = new Map(),
): Adapter {
  const configOf = (module: string) => config ?? parts.get(module.replace(/\..*/, '')) ?? null;
  const refuse = (why: string) => unsupported(`${what} ${why} ${mergeFirst}`);
  for (const each of [config, ...parts.values()]) if (each?.refusal) throw refuse(each.refusal);
  for (const [found, name] of others)
    if (tensors.some((tensor) => found.test(tensor.name)))
      throw refuse(`is ${name}, an adapter that Stitchwork does not read; LoRA it does.`);
  if (!config && holdsBase(tensors))
    throw refuse('holds a base and an adapter that was not merged into it, and not its alpha.');
  const { form, modules, twice, rest } = sortByModule(tensors);
  if (twice.length > 0)
    throw unsupported(
      `${what} holds several adapters of the same modules: ${listNames(twice)}. Save each by itself with PEFT: save_pretrained.`,
    );
  const odd = rest.filter(({ name }) => /\.lora_\w/.test(name));
  if (odd.length > 0)
    throw refuse(
      `holds what is of no LoRA that Stitchwork reads: ${listNames(odd.map(({ name }) => name))}.`,
    );
  if (form === 'PEFT' && !config && tensors.some(({ name }) => name.startsWith('base_model.')))
    throw unsupported(
      `${what} is a LoRA adapter without its adapter_config.json, which tells alpha. Add that file beside it; where it is lost, write it with the alpha of the training: {"peft_type": "LORA", "lora_alpha": ALPHA}.`,
    );
  const bad = faultsOf(what, 'Save the adapter again.');
  let steps = 0;
  const spend = (more: number) => {
    steps += more;
    if (steps > mostSteps) throw refuse('has alpha_pattern keys that take too long to match.');
  };
  const changes: AdapterChange[] = [];
  for (const [module, { up, down, alpha, magnitude, bias }] of modules) {
    if (!up || !down) throw bad(`holds only one of the two matrices of ${module}`);
    const change = { kind: 'product', module, up, down } satisfies ProductChange;
    const rank = rankOf(change);
    if (rank === null)
      throw bad(
        `holds ${up.name} [${up.shape.join(', ')}] and ${down.name} [${down.shape.join(', ')}], whose product is no weight`,
      );
    if (rank > largestRank) throw bad(`has rank ${rank} in ${module}, over ${largestRank}`);
    const own = configOf(module);
    const ownAlpha = own && alphaOf(own, module, spend);
    const given = ownAlpha ?? alpha;
    const isEmbedding = down.name.includes('lora_embedding');
    changes.push({
      ...change,
      ...(given !== undefined && { alpha: given }),
      ...(own?.rooted && { rooted: true as const }),
      ...((isEmbedding || own?.turned) && { turned: true as const }),
      ...(magnitude && { magnitude }),
    });
    if (bias && own && ownAlpha !== null) {
      const scale = ownAlpha / (own.rooted ? Math.sqrt(rank) : rank);
      changes.push({ kind: 'added', module: `${module}.bias`, value: bias, scale });
    }
  }
  for (const value of rest.filter((each) => !isOwnBase(each, modules)))
    changes.push({ kind: 'whole', module: wholeName(value.name), value });
  const codes = tensors.filter(({ dtype }) => !isMergeable(dtype));
  if (codes.length > 0)
    throw bad(`holds ${codes[0]!.dtype} values (${listNames(codes.map(({ name }) => name))})`);
  const ranks = changes.flatMap((each) => (each.kind === 'product' ? (rankOf(each) ?? []) : []));
  if (ranks.length === 0) throw bad(`holds ${plural(tensors.length, 'tensor')} and no product`);
  return {
    form: form === 'PEFT' && !config ? 'diffusers' : form,
    base: config?.base ?? null,
    rank: Math.max(...ranks),
    changes,
  };
}

/** The rank of a product; null where its matrices do not fit each other. */
export function rankOf({ up, down }: Pick<ProductChange, 'up' | 'down'>): number | null {
  const [rank, ...columns] = down.shape;
  const [rows, inner, ...kernel] = up.shape;
  const fits = rank !== undefined && rank > 0 && rows !== undefined && rows > 0 && inner === rank;
  const isMatrix = columns.length > 0 && countElements({ shape: columns }) > 0;
  return fits && isMatrix && kernel.every((size) => size === 1) ? rank : null;
}

type Module = Partial<Record<Side, TensorInfo>>;

function sortByModule(tensors: readonly TensorInfo[]) {
  const modules = new Map<string, Module>();
  const rest: TensorInfo[] = [];
  const twice: string[] = [];
  const forms = new Set<Adapter['form']>();
  for (const tensor of tensors) {
    const [found, side, form] = sides.find(([each]) => each.test(tensor.name)) ?? [];
    if (!found || !side || !form) {
      if (!/\.original_module\./.test(tensor.name)) rest.push(tensor);
      continue;
    }
    const name = moduleName(tensor.name, found);
    const module = modules.get(name) ?? {};
    if (module[side]) twice.push(tensor.name);
    modules.set(name, { ...module, [side]: tensor });
    forms.add(form);
  }
  const form = (['kohya', 'diffusers', 'PEFT'] as const).find((each) => forms.has(each)) ?? 'PEFT';
  return { form, modules, twice, rest };
}

/** The module of a tensor of an adapter: without PEFT's wrapper and the old attention processors of diffusers. */
function moduleName(name: string, ending: RegExp): string {
  return name
    .replace(ending, '')
    .replace(/^base_model\.model\./, '')
    .replace(/\.processor\.(to_(?:q|k|v|out))$/, '.$1')
    .replace(/(?<=\.)to_out$/, 'to_out.0');
}

/** The name of a tensor that stands whole in an adapter, as its base has it. */
function wholeName(name: string): string {
  return name
    .replace(/^base_model\.model\./, '')
    .replace('.base_layer.', '.')
    .replace(/\.modules_to_save(?:\.[\w-]+(?=\.))?(?=\.)/, '');
}
