import type { LeadingTriples } from '../merge/matrix/lowRank.ts';
import { listNames, percent, plural } from '../wording.ts';
import { escapeMarkdown, markdownTable } from './markdown.ts';
import { composePieces, type ComposedFile } from './outputFiles.ts';

/** A linear layer of the base and how a merge changed it. */
export interface ChangedLayer {
  /** Of its weight. */
  name: string;
  /** As it is stored. */
  shape: readonly [rows: number, columns: number];
  /** Whether it is stored [in, out], as GPT-2's Conv1D is. */
  turned: boolean;
}

/** A layer's change as far as the largest rank. */
export interface FactoredLayer extends ChangedLayer {
  /** Singular values of the change, in falling order. */
  sizes: Float64Array;
  /** Of the change: Frobenius norm, squared. */
  square: number;
  /** What the singular values leave of it. */
  rest: number;
  /** [count, rows] and [count, columns] in f32: singular vectors times the roots of their sizes. */
  rows: Blob;
  columns: Blob;
}

/** An adapter that came out, and how far from the merge it is. */
export interface MadeLora {
  files: ComposedFile[];
  rank: number;
  /** ‖Δ − BA‖ / ‖Δ‖ over its layers. */
  error: number;
  /** Share of ‖Δ‖² over all that the merge changed which lies in tensors that no adapter of linear layers holds. */
  left: number;
}

/** A change in factors, as Blobs, so that memory holds one layer at a time. */
export function factored(
  layer: ChangedLayer,
  { sizes, left, right, rest }: LeadingTriples,
  square: number,
): FactoredLayer {
  const [rows, columns] = layer.shape;
  const scaled = (vectors: Float32Array, length: number) =>
    new Blob([vectors.map((value, k) => value * Math.sqrt(sizes[Math.floor(k / length)]!))]);
  return {
    ...layer,
    sizes,
    square,
    rest,
    rows: scaled(left, rows),
    columns: scaled(right, columns),
  };
}

/** The smallest rank, at most `most`, by which all layers together are off by no more than `error`; `most` where none is. */
export function rankFor(layers: readonly FactoredLayer[], most: number, error: number): number {
  let rank = 1;
  while (rank < most && errorOf(layers, rank) > error) rank++;
  return rank;
}

/** ‖Δ − BA‖ / ‖Δ‖ of layers at a rank; 0 where nothing changed. */
export function errorOf(layers: readonly FactoredLayer[], rank: number): number {
  const rests = layers.map(({ rest, sizes }) =>
    sizes.slice(rank).reduce((sum, size) => sum + size ** 2, rest),
  );
  const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
  const whole = sum(layers.map(({ square }) => square));
  return whole > 0 ? Math.sqrt(sum(rests) / whole) : 0;
}

/** What stays out of an adapter: names, and the square of the norm of their changes. */
export interface LeftOut {
  names: string[];
  square: number;
}

/** An adapter of PEFT with B·A of this rank in every changed layer, alpha = rank, with its errors in README.md. */
export async function composeLora(
  base: string,
  all: readonly FactoredLayer[],
  rank: number,
  left: LeftOut,
): Promise<MadeLora> {
  const layers = all.filter(({ square }) => square > 0);
  const pieces = [];
  for (const layer of layers) pieces.push(...(await piecesOf(layer, rank)));
  const config = {
    ...{ peft_type: 'LORA', base_model_name_or_path: base, task_type: null, inference_mode: true },
    ...{ r: rank, lora_alpha: rank, lora_dropout: 0, bias: 'none', use_rslora: false },
    ...{ use_dora: false, fan_in_fan_out: layers.some(({ turned }) => turned) },
    target_modules: layers.map(({ name }) => moduleOf(name)),
    ...{ modules_to_save: null, init_lora_weights: true },
  };
  const whole = layers.reduce((sum, { square }) => sum + square, left.square);
  const made = { rank, error: errorOf(layers, rank), left: whole > 0 ? left.square / whole : 0 };
  const card = cardOf(base, layers, left.names, made);
  return {
    ...made,
    files: [
      { name: 'adapter_config.json', blob: new Blob([`${JSON.stringify(config, null, 2)}\n`]) },
      composePieces('adapter_model.safetensors', pieces, { format: 'pt' }),
      { name: 'README.md', blob: new Blob([card], { type: 'text/markdown' }) },
    ],
  };
}

const moduleOf = (name: string) => name.replace(/\.weight$/, '');

async function piecesOf({ name, shape, turned, rows, columns }: FactoredLayer, rank: number) {
  const [across, down] = turned ? [rows, columns] : [columns, rows];
  const [inputs, outputs] = turned ? shape : [shape[1], shape[0]];
  const a = await firstRows(across, rank, inputs);
  const b = await firstRows(down, rank, outputs);
  const turnedB = new Float32Array(b.length);
  for (let i = 0; i < rank; i++)
    for (let k = 0; k < outputs; k++) turnedB[k * rank + i] = b[i * outputs + k]!;
  const key = `base_model.model.${moduleOf(name)}`;
  const piece = (part: string, size: number[], values: Float32Array<ArrayBuffer>) => ({
    ...{ name: `${key}.${part}.weight`, dtype: 'F32' as const, shape: size },
    blob: new Blob([values]),
  });
  return [piece('lora_A', [rank, inputs], a), piece('lora_B', [outputs, rank], turnedB)];
}

/** Rows [count, length] of a matrix, with zeros for those that it lacks. */
async function firstRows(matrix: Blob, count: number, length: number) {
  const values = new Float32Array(count * length);
  values.set(new Float32Array(await matrix.slice(0, 4 * values.length).arrayBuffer()));
  return values;
}

function cardOf(
  base: string,
  layers: readonly FactoredLayer[],
  left: readonly string[],
  { rank, error, left: share }: Omit<MadeLora, 'files'>,
): string {
  const rows = layers.map((layer) => [
    escapeMarkdown(moduleOf(layer.name)),
    percent(errorOf([layer], rank)),
  ]);
  const said = left.length
    ? `\n\nNot in it: changes of ${plural(left.length, 'tensor')} that no linear layer holds (${escapeMarkdown(listNames(left))}), ${percent(share)} of the squared norm of all changes.`
    : '';
  return `---
base_model: ${JSON.stringify(base)}
library_name: peft
tags:
- lora
- stitchwork
---

# LoRA adapter of rank ${rank}

The changes of a merge on ${escapeMarkdown(base)}, layer by layer their truncated singular value decomposition of rank ${rank}. It is off by ${percent(error)} of the changes’ norm.${said}

\`\`\`python
from peft import PeftModel
model = PeftModel.from_pretrained(base, "FOLDER")  # base: ${base.replace(/\s+/g, ' ')}
\`\`\`

## Error by layer

‖Δ − BA‖ / ‖Δ‖, Frobenius norms.

${markdownTable(['Layer', 'Error'], rows)}
`;
}
