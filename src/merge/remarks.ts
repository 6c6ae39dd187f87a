import type { Adapter } from '../formats/adapters/adapter.ts';
import type { ModelFit } from '../api/preflight.ts';
import type { Remark, RemarkKind } from '../api/remarks.ts';
import { isMergeable, type DType } from '../tensor/dtype.ts';
import type { TensorIndex, TensorInfo } from '../tensor/tensorIndex.ts';
import { listNames, plural } from '../wording.ts';
import { foldedNorms } from './foldedNorms.ts';
import type { UntiedTensor } from './ties.ts';

/** A remark that is about no tensor in particular. */
export const noteRemark = (text: string): Remark => ({ kind: 'note', text, tensors: [] });

/** What to know of checkpoints whose weights are stored as codes; those that are so in the same tensors are told together. */
export function remarksOnCodes(
  checkpoints: readonly { name: string; index: TensorIndex }[],
): Remark[] {
  const found = new Map<string, { names: string[]; tensors: string[]; dtypes: string[] }>();
  for (const { name, index } of checkpoints) {
    const coded = index.tensors.filter(({ codes }) => codes);
    if (coded.length === 0) continue;
    const tensors = coded.map((each) => each.name);
    const dtypes = [...new Set(coded.flatMap(({ codes }) => codes?.dtype ?? []))];
    const key = JSON.stringify([tensors, dtypes]);
    const same = found.get(key);
    if (same) same.names.push(name);
    else found.set(key, { names: [name], tensors, dtypes });
  }
  return [...found.values()].map(({ names, tensors, dtypes }): Remark => {
    const of = `${listNames(names)}: ${plural(tensors.length, 'tensor')}${names.length > 1 ? ' of each' : ''}`;
    const are = tensors.length * names.length === 1 ? 'is' : 'are';
    const text = `${of} stored as ${dtypes.join(' and ')} with scales ${are} dequantized to float32: ${listNames(tensors)}.`;
    return { kind: 'dequantized', text, tensors };
  });
}

/** A model that may be an adapter; `laid` tells by the base's tensors which stand for modules that they are tied to. */
interface MaybeAdapter {
  name: string;
  adapter?: Adapter;
  laid?: { tensors: ReadonlyMap<string, { tied?: string }> };
}

/** What to know of models that are adapters. */
export function remarksOnAdapters(models: readonly MaybeAdapter[]): Remark[] {
  return models.flatMap(({ name, adapter, laid }) => {
    if (!adapter) return [];
    const { form, rank, changes } = adapter;
    const products = changes.filter((change) => change.kind === 'product');
    const lengths = products.some(({ magnitude }) => magnitude)
      ? ', each row at its own length (DoRA)'
      : '';
    const whole = changes.length - products.length;
    const rest =
      whole > 0 ? `; ${plural(whole, 'tensor')} ${whole === 1 ? 'is' : 'are'} its own` : '';
    const names = products.map(({ module }) => module);
    const text = `${name} is a LoRA adapter (${form}, rank ${rank}): the base + alpha / rank · B·A${lengths} in ${plural(names.length, 'module')}${rest}: ${listNames(names)}.`;
    const tied = [...(laid?.tensors ?? [])].flatMap(([tensor, { tied: module }]): Remark[] => {
      if (module === undefined) return [];
      const shared = `${name} changes ${module}, for which the base has ${tensor}: both change, as in PEFT’s merge_and_unload. Untie the base first to change ${module} alone.`;
      return [{ kind: 'tied', text: shared, tensors: [tensor] }];
    });
    return [{ kind: 'adapter', text, tensors: names }, ...tied];
  });
}
/** A kind of remark, the tensors it is about, and what is said of so many. */
type Told = [kind: RemarkKind, tensors: string[], text: (count: number) => string];

/** A part of a model, as sentences name it. */
export const shownPart = ({ path }: { path: string }) =>
  path === '' ? 'the model’s own folder' : `the part ${path}`;

/** What to know of models that fit, but not in every tensor; of one that is refused nothing but its refusal is told. */
export function remarksOnFits(fits: readonly ModelFit[]): Remark[] {
  return fits
    .filter(({ refusal }) => refusal === null)
    .flatMap(({ name, missing, extra, shapeDiffers, tied, renamed, apart = [] }) => {
      const stays = (count: number) =>
        count === 1 ? 'stays as in the base' : 'stay as in the base';
      const told: Told[] = [
        ...apart.map((part): Told => [
          part.why === 'is missing' ? 'missing' : 'other shape',
          part.tensors,
          (n) => `of ${shownPart(part)}, which ${part.why} there, ${stays(n)}`,
        ]),
        ['missing', missing, (n) => `missing there ${stays(n)}`],
        [
          'other shape',
          shapeDiffers.map((each) => each.name),
          (n) => `of another shape there ${stays(n)}`,
        ],
        [
          'renamed',
          renamed,
          (n) =>
            `${n === 1 ? 'goes' : 'go'} by another name there and ${n === 1 ? 'merges' : 'merge'}`,
        ],
        ['only there', extra, (n) => `found only there ${n === 1 ? 'is' : 'are'} left out`],
        [
          'tied',
          tied.map((each) => each.name),
          (n) =>
            `of the same values as ${listNames([...new Set(tied.map(({ to }) => to))])} ${n === 1 ? 'is' : 'are'} not read`,
        ],
      ];
      return told
        .filter(([, tensors]) => tensors.length > 0)
        .map(([kind, tensors, text]): Remark => {
          const count = tensors.length;
          const what = `${name}: ${plural(count, 'tensor')} ${text(count)}`;
          return { kind, tensors, text: `${what}: ${listNames(tensors)}.` };
        });
    });
}

/** What to know of models of which, or of whose base, a weight norm is folded. */
export function remarksOnFolding(base: string, fits: readonly ModelFit[]): Remark[] {
  return fits.flatMap((fit): Remark[] => {
    const folded = fit.refusal === null ? foldedNorms(base, fit) : null;
    if (!folded) return [];
    const { kind, remedy, tensors } = folded;
    return [{ kind: 'missing', text: `${kind}: these do not merge. ${remedy}`, tensors }];
  });
}

/** What to know of tensors that are tied in the base, and merge by themselves. */
export function remarksOnTies(
  untied: readonly UntiedTensor[],
  base: { name: string; architecture: string | null },
): Remark[] {
  return untied.map(({ name, to, differs }) => {
    const text = `${name} differs from ${to} in ${listNames(differs)}: it merges by itself, and where it is not stored ${to} stands for it. In ${base.name} they are one, in the output they are not, and patches are without it.`;
    const scaled = base.architecture === 't5' && /(?:^|\.)lm_head\./.test(name);
    return { kind: 'untied', tensors: [name], text: scaled ? `${text} ${unscaled}` : text };
  });
}

const unscaled =
  'Transformers multiplies the outputs of a T5 by d_model^-0.5 before the head only where config.json ties it: multiply the head by that, unless the models were trained untied.';

/** What to know of tensors that differ in their number of rows; `all`: those that only models have are kept. */
export function remarksOnRows(base: string, fits: readonly ModelFit[], all: boolean): Remark[] {
  const fitting = fits.filter(({ refusal }) => refusal === null);
  const byCounts = new Map<string, { counts: number[]; tensors: string[] }>();
  for (const { name, base: own } of fitting.flatMap(({ rowsDiffer }) => rowsDiffer)) {
    const of = ({ rowsDiffer }: ModelFit) => rowsDiffer.find((each) => each.name === name)?.model;
    const counts = [own, ...fitting.map((fit) => of(fit) ?? own)];
    const known = byCounts.get(counts.join()) ?? { counts, tensors: [] };
    if (!known.tensors.includes(name)) known.tensors.push(name);
    byCounts.set(counts.join(), known);
  }
  const names = [base, ...fitting.map((fit) => fit.name)];
  return [...byCounts.values()].map(({ counts, tensors }): Remark => {
    const [own = 0] = counts;
    const [least, most] = [Math.min(...counts), Math.max(...counts)];
    const having = (rows: number) =>
      listNames([...new Set(names.filter((_, i) => counts[i] === rows))]);
    const told = [...new Set(counts)].map((rows) => `${count(rows)} in ${having(rows)}`);
    const beyond = all
      ? `those beyond ${count(own)} are the mean of the models that have them; vocab_size follows, and the tokenizer is that of ${names[counts.indexOf(most)]} where it came with one`
      : `those beyond ${count(own)} are left out, “rows: all” keeps them`;
    const parts = [
      `the first ${count(least)} merge`,
      ...(own > least ? [`the base’s other ${count(own - least)} stay as they are`] : []),
      ...(most > own ? [beyond] : []),
    ];
    const differ = `${plural(tensors.length, 'tensor')} ${tensors.length === 1 ? 'differs' : 'differ'} in rows`;
    return {
      kind: 'rows',
      tensors,
      text: `${differ}, ${told.join(', ')}: ${parts.join('; ')}: ${listNames(tensors)}.`,
    };
  });
}

const count = (rows: number) => rows.toLocaleString('en');

/** What to know of parameters that stay as in the base because their values, there or in a model, are of dtypes that do not merge. */
export function remarksOnDtypes(
  tensors: readonly { tensor: TensorInfo; models: readonly (TensorInfo | null)[] }[],
): Remark[] {
  const odd = tensors.flatMap(({ tensor, models }) => {
    const dtypes = [tensor, ...models].flatMap((each) =>
      each && !isMergeable(each.dtype) ? each.dtype : [],
    );
    // Counters and masks are no weights.
    const isWeight = isMergeable(tensor.dtype) || !['I64', 'BOOL'].includes(tensor.dtype);
    return isWeight && dtypes.length > 0 ? { name: tensor.name, dtypes } : [];
  });
  if (odd.length === 0) return [];
  const names = odd.map(({ name }) => name);
  const dtypes = [...new Set(odd.flatMap((each) => each.dtypes))].join(' and ');
  const stay = names.length === 1 ? 'stays' : 'stay';
  const text = `${plural(names.length, 'tensor')} of ${dtypes} values, which do not merge, ${stay} as in the base: ${listNames(names)}.`;
  return [{ kind: 'other dtype', text, tensors: names }];
}

/** Values of a tensor that are NaN or infinite: in the base and each model, and in what came out. */
export interface OddTensor {
  name: string;
  dtype: DType;
  inputs: readonly number[];
  output: number;
}

/** What to know of values that are not finite; `names` are those of the base and the models. */
export function remarksOnValues(tensors: readonly OddTensor[], names: readonly string[]): Remark[] {
  const ofInputs = names.flatMap((name, i) => {
    const odd = tensors.filter(({ inputs }) => (inputs[i] ?? 0) > 0);
    const count = sum(odd.map(({ inputs }) => inputs[i] ?? 0));
    return told(
      'not finite',
      odd,
      (list) => `${name} has ${values(count)} NaN or infinite, in ${list}.`,
    );
  });
  const isTooLarge = ({ inputs, output }: OddTensor) => output > 0 && sum(inputs) === 0;
  const large = tensors.filter(isTooLarge);
  const other = tensors.filter((each) => each.output > 0 && !isTooLarge(each));
  const count = (odd: readonly OddTensor[]) => values(sum(odd.map(({ output }) => output)));
  return [
    ...ofInputs,
    ...told('not finite', other, (list) => {
      const more = other.filter(
        ({ dtype, inputs, output }) => dtype in largest && output > sum(inputs),
      );
      const dtypes = [...new Set(more.map(({ dtype }) => dtype))].join(' and ');
      const hint = more.length > 0 ? ` Some may be too large for ${dtypes} alone.` : '';
      return `The output has ${count(other)} NaN or infinite, in ${list}.${hint}`;
    }),
    ...told('too large', large, (list) => {
      const dtypes = [...new Set(large.map(({ dtype }) => dtype))].join(' and ');
      return `The output has ${count(large)} too large for ${dtypes} and became infinite or NaN, in ${list}. Write bfloat16 or float32 instead.`;
    }),
  ];
}

const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);

const values = (count: number) => `${plural(count, 'value')} that ${count === 1 ? 'is' : 'are'}`;

function told(
  kind: RemarkKind,
  odd: readonly OddTensor[],
  text: (list: string) => string,
): Remark[] {
  const tensors = odd.map(({ name }) => name);
  if (tensors.length === 0) return [];
  return [
    { kind, tensors, text: text(`${plural(tensors.length, 'tensor')}: ${listNames(tensors)}`) },
  ];
}

/** The largest values of the dtypes that are smaller than float32's. */
const largest: Partial<Record<DType, string>> = {
  F16: '65,504',
  F8_E4M3: '448',
  F8_E5M2: '57,344',
};

/** What to know before a merge that writes smaller dtypes than it reads. */
export function remarksOnRange(outputs: ReadonlySet<DType>, inputs: ReadonlySet<DType>): Remark[] {
  const narrow = [...outputs].filter((dtype) => dtype in largest);
  const reads = [...inputs].some((dtype) => isMergeable(dtype) && !narrow.includes(dtype));
  if (!reads) return [];
  return narrow.map((dtype) =>
    noteRemark(
      `${dtype} holds no values beyond ${largest[dtype]}. Larger ones would become infinite or NaN; the result counts them.`,
    ),
  );
}
