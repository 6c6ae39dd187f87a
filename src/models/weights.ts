import { bug, incompatible } from '../errors.ts';
import type { TensorInfo } from '../tensor/tensorIndex.ts';
import type { Batch, Block, BlockTensor, Params, Tensor, Tf } from './block.ts';
import { spellAll } from './spellings.ts';

/** Tensors of a block by the keys that its forward pass knows. */
export type Parts = Readonly<Record<string, BlockTensor>>;

/** A tensor that a forward pass needs: the names it may have, the first that is there counts. */
export interface Want {
  key: string;
  names: readonly string[];
  shape: readonly number[];
  optional?: boolean;
}

/** The parameters of a block by key. */
export class Weights {
  readonly #parts: Parts;
  readonly #params: Params;

  constructor(parts: Parts, params: Params) {
    this.#parts = parts;
    this.#params = params;
  }

  get(key: string): Tensor {
    const tensor = this.optional(key);
    if (!tensor) throw bug(`A forward pass reads ${key}, which it did not ask for.`);
    return tensor;
  }

  /** Null for one that the checkpoint does not have. */
  optional(key: string): Tensor | null {
    const part = this.#parts[key];
    return part ? this.#params(part.info.name) : null;
  }
}

/** A block that reads the batch alone. */
export function firstBlock(
  id: string,
  parts: Parts,
  forward: (tf: Tf, weights: Weights, batch: Batch) => Tensor,
): Block {
  return {
    id,
    tensors: Object.values(parts),
    forward: (tf, params, _x, batch) => forward(tf, new Weights(parts, params), batch),
  };
}

/** A block that reads the output of the one before. */
export function laterBlock(
  id: string,
  parts: Parts,
  forward: (tf: Tf, weights: Weights, x: Tensor, batch: Batch) => Tensor,
): Block {
  return {
    id,
    tensors: Object.values(parts),
    forward(tf, params, x, batch) {
      if (!x) throw bug(`Block ${id} has no block before it.`);
      return forward(tf, new Weights(parts, params), x, batch);
    },
  };
}

/** How a linear layer stores its weight: [out, in] as torch's Linear, or [in, out] as GPT-2's Conv1D. */
export type Layout = 'linear' | 'conv1d';

/** Weight and bias [out] of a linear layer; where `stem` ends in _, these words follow it without a dot. */
export function linearWants(
  key: string,
  stem: string,
  [outputs, inputs]: readonly [number, number],
  layout: Layout = 'linear',
): Want[] {
  const at = stem.endsWith('_') ? stem : `${stem}.`;
  const shape = layout === 'linear' ? [outputs, inputs] : [inputs, outputs];
  return [
    { key: `${key}.weight`, names: [`${at}weight`], shape },
    { key: `${key}.bias`, names: [`${at}bias`], shape: [outputs] },
  ];
}

/** Scale and shift [size] of a LayerNorm. */
export function normWants(key: string, stem: string, size: number): Want[] {
  return [
    { key: `${key}.weight`, names: [`${stem}.weight`], shape: [size] },
    { key: `${key}.bias`, names: [`${stem}.bias`], shape: [size] },
  ];
}

/** Names of what a transformer layer is made of, without .weight and .bias; queries, keys and values are one or three. */
export type LayerNames = Readonly<
  Record<'norm1' | 'norm2' | 'out' | 'up' | 'down', string> &
    Partial<Record<'q' | 'k' | 'v' | 'qkv', string>>
>;

/** All of a transformer layer's norms and linear layers, in the order of the names. */
export function layerWants(
  names: LayerNames,
  stem: string,
  { hidden, inner }: { hidden: number; inner: number },
  layout?: Layout,
): Want[] {
  return Object.entries(names).flatMap(([key, name]) => {
    if (key.startsWith('norm')) return normWants(key, stem + name, hidden);
    const outputs = key === 'qkv' ? 3 * hidden : key === 'up' ? inner : hidden;
    const inputs = key === 'down' ? inner : hidden;
    return linearWants(key, stem + name, [outputs, inputs], layout);
  });
}

/** Finds the tensors of blocks in a checkpoint, however their names are spelled, and gathers what is missing or misshapen until `check`. */
export class Finder {
  readonly #byName: ReadonlyMap<string, TensorInfo>;
  readonly #of: BlockTensor['of'];
  readonly #missing: string[] = [];
  readonly #misshapen: string[] = [];
  readonly #taken = new Set<string>();

  constructor(tensors: readonly TensorInfo[], of: BlockTensor['of']) {
    const spelled = spellAll(tensors.map(({ name }) => name));
    this.#byName = new Map(tensors.map((tensor) => [spelled.get(tensor.name)!, tensor]));
    this.#of = of;
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** What stands before one of these endings of a name, the shortest of all; null when no name ends so. */
  prefix(...endings: readonly string[]): string | null {
    const prefixes = [...this.#byName.keys()].flatMap((name) =>
      endings
        .filter((ending) => name === ending || name.endsWith(`.${ending}`))
        .map((ending) => name.slice(0, name.length - ending.length)),
    );
    return prefixes.sort((a, b) => a.length - b.length)[0] ?? null;
  }

  /** Sizes of a tensor that the others are measured by; throws Incompatible. */
  shape(name: string, rank: number, model: string): readonly number[] {
    const shape = this.#byName.get(name)?.shape;
    if (shape?.length === rank) return shape;
    const fault = shape ? `has the shape [${shape.join(', ')}], not ${rank} sizes` : 'is missing';
    throw incompatible(`${model}: the tensor ${name} ${fault}. ${remedy}`);
  }

  /** One more than the largest number after `stem` in a name; throws Incompatible when there are fewer tensors. */
  count(stem: string): number {
    let count = 0;
    for (const name of this.#byName.keys()) {
      if (!name.startsWith(stem)) continue;
      const number = parseInt(name.slice(stem.length), 10);
      if (number >= this.#byName.size)
        throw incompatible(
          `The tensor ${name} is of layer ${number}, and there are ${this.#byName.size} tensors in all. ${remedy}`,
        );
      if (number >= count) count = number + 1;
    }
    return count;
  }

  take(wants: readonly Want[]): Parts {
    const parts: Record<string, BlockTensor> = {};
    for (const { key, names, shape, optional } of wants) {
      const info = names.map((name) => this.#byName.get(name)).find((found) => found);
      if (info) {
        parts[key] = { info, of: this.#of };
        this.#taken.add(info.name);
      } else if (!optional) this.#missing.push(names[0] ?? key);
      if (info && info.shape.join() !== shape.join())
        this.#misshapen.push(
          `${info.name} is [${info.shape.join(', ')}], not [${shape.join(', ')}]`,
        );
    }
    return parts;
  }

  /** Names that begin so and were not taken. */
  unread(stem: string): string[] {
    return [...this.#byName.keys()].filter(
      (name) => name.startsWith(stem) && !this.#taken.has(name),
    );
  }

  /** Throws Incompatible when anything taken was missing, or did not have the shape that the other tensors ask for. */
  check(model: string): void {
    const faults = [
      ...(this.#missing.length > 0 ? [`missing ${listed(this.#missing)}`] : []),
      ...(this.#misshapen.length > 0 ? [`misshapen ${listed(this.#misshapen)}`] : []),
    ];
    if (faults.length === 0) return;
    throw incompatible(
      `${model} cannot be run, its tensors do not fit together: ${faults.join('; ')}. ${remedy}`,
    );
  }
}

const remedy = 'Open the whole checkpoint again, all its shards, as its training saved it.';

const shown = 4;

function listed(items: readonly string[]): string {
  const more = items.length - shown;
  return items.slice(0, shown).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
