import type { Tensors } from '../gpu/tensors.ts';
import type { Tensor } from '../gpu/tf.ts';
import type { Block } from '../models/block.ts';
import type { LoadedBlock, ParameterSource } from '../models/blockwise.ts';
import type { MaskBits } from './maskBits.ts';
import type { OutOfScope } from './outOfScope.ts';
import type { LabModel } from '../api/lab.ts';
import { readRun } from './readRun.ts';
import type { LabWeights } from './weights.ts';
import { createWorkspace, freeWorkspace, writeModel, type Workspace } from './writeModel.ts';

/** Tensors in scope of a model, by the base's names. */
type Made = ReadonlyMap<string, Tensor>;

/** The models made last, ready to run; the oldest go first. */
export class ModelShelf {
  readonly #made = new Map<string, Made>();
  #work: Workspace | null = null;

  constructor(
    readonly tensors: Tensors,
    readonly weights: LabWeights,
    readonly masks: MaskBits,
    readonly outside: OutOfScope,
    /** At least 1. */
    readonly room: number,
  ) {}

  /** The parameters of a model for a task's blocks; valid until the next model is made. */
  async source(model: LabModel, task: number): Promise<ParameterSource> {
    const made = await this.#make(model);
    const outside = this.outside.source(task, model.kind === 'tuned' ? model.task : null);
    return {
      async load(block: Block): Promise<LoadedBlock> {
        const inScope = ({ of, info }: Block['tensors'][number]) =>
          of === 'model' && made.has(info.name);
        const rest = block.tensors.filter((each) => !inScope(each));
        const { params, release } = await outside.load({ ...block, tensors: rest });
        return { params: new Map([...made, ...params]), trainable: [], release };
      },
    };
  }

  /** The weights of a model over the scope, in a buffer that the next model is written to. */
  async theta(model: LabModel): Promise<Workspace['theta']> {
    const work = await this.#workspace();
    if (model.kind === 'run') await readRun(this.weights, model.run, work.theta);
    else await writeModel(this.weights, this.masks, model, work);
    return work.theta;
  }

  /** Models that use masks of this localizer are made anew from now on. */
  forget(localizer: string): void {
    for (const key of this.#made.keys()) if (key.includes(`"${localizer}"`)) this.#drop(key);
  }

  async #make(model: LabModel): Promise<Made> {
    const key = JSON.stringify(model);
    const known = this.#made.get(key);
    if (known) {
      this.#made.delete(key);
      this.#made.set(key, known);
      return known;
    }
    const theta = await this.theta(model);
    while (this.#made.size >= this.room) this.#drop([...this.#made.keys()][0]!);
    const { ranges } = this.weights;
    const parts = ranges.map(({ tensor: { shape }, from }) => ({ from, shape }));
    const tensors = this.tensors.partsOf(theta, parts);
    const made = new Map(ranges.map(({ tensor }, i) => [tensor.name, tensors[i]!]));
    this.#made.set(key, made);
    return made;
  }

  async #workspace(): Promise<Workspace> {
    return (this.#work ??= await createWorkspace(this.weights));
  }

  #drop(key: string): void {
    this.#made.get(key)?.forEach((tensor) => tensor.dispose());
    this.#made.delete(key);
  }

  free(): void {
    [...this.#made.keys()].forEach((key) => this.#drop(key));
    if (this.#work) freeWorkspace(this.weights, this.#work);
    this.#work = null;
  }
}
