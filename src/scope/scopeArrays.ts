import { unsupported } from '../errors.ts';
import type { Compute, ComputeBuffer } from '../gpu/compute.ts';
import { asBytes, release } from '../tensor/release.ts';
import { countElements } from '../tensor/tensorIndex.ts';
import type { ArraySpec } from './arraySpecs.ts';
import type { ScopeTensor } from './scopeTensor.ts';

/** Keeps arrays that do not fit the device between their uses. */
export interface Scratch {
  /** What was last written under this key, null when nothing was. */
  read(key: string): Promise<Uint8Array<ArrayBuffer> | null>;
  write(key: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  close(): Promise<void>;
}

/** Arrays in memory, for Node and for models that fit it. */
export function memoryScratch(): Scratch {
  const kept = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    read: async (key) => kept.get(key)?.slice() ?? null,
    write: async (key, bytes) => void kept.set(key, bytes.slice()),
    close: async () => kept.clear(),
  };
}

/** The arrays by name of one tensor while they are open. */
export type Opened<Name extends string> = Record<Name, ComputeBuffer>;

/**
 * The arrays of an optimisation, tensor by tensor: on the device as long as all of a tensor's fit the budget, else opened
 * from checkpoints and scratch, and written back, at each use. Never more than the tensors open are held beside the budget.
 */
export class ScopeArrays<Name extends string> {
  readonly #open = new Map<string, { buffer: Promise<ComputeBuffer>; uses: number }>();
  readonly #saving = new Map<string, Promise<void>>();
  readonly #resident: boolean[];

  constructor(
    readonly compute: Compute,
    readonly scope: readonly ScopeTensor[],
    readonly specs: Readonly<Record<Name, ArraySpec>>,
    readonly scratch: Scratch,
    budgetBytes: number,
  ) {
    let left = budgetBytes;
    this.#resident = scope.map((tensor) => {
      const bytes = this.#names().reduce((sum, name) => sum + this.bytesOf(tensor, name), 0);
      if (bytes > left) return false;
      left -= bytes;
      return true;
    });
    for (const { base } of scope)
      if (countElements(base) * 4 > compute.maxBufferBytes)
        throw unsupported(
          `${base.name} has ${countElements(base).toLocaleString('en')} values, more than a buffer of this GPU holds. Leave it out of the scope.`,
        );
  }

  #names(): Name[] {
    return Object.keys(this.specs) as Name[];
  }

  /** Bytes of one array of a tensor. */
  bytesOf({ base }: ScopeTensor, name: Name): number {
    const elements = countElements(base);
    if (this.specs[name].bits === 0) return 0;
    return this.specs[name].bits === 1 ? Math.ceil(elements / 32) * 4 : elements * 4;
  }

  /** Buffers of tensor number `t`; each open must be closed. */
  async open<N extends Name>(t: number, names: readonly N[]): Promise<Opened<N>> {
    const opened = names.map((name) => {
      const key = `${t}/${name}`;
      const found = this.#open.get(key) ?? { buffer: this.#load(t, name), uses: 0 };
      found.uses++;
      this.#open.set(key, found);
      return found.buffer;
    });
    const buffers = await Promise.all(opened);
    return Object.fromEntries(names.map((name, i) => [name, buffers[i]])) as Opened<N>;
  }

  /** Ends a use of the arrays; `changed` are those whose content must last. */
  async close(t: number, names: readonly Name[], changed: readonly Name[] = []): Promise<void> {
    for (const name of names) {
      const key = `${t}/${name}`;
      const found = this.#open.get(key);
      if (!found) continue;
      const buffer = await found.buffer;
      if (this.#resident[t]) {
        found.uses--;
        continue;
      }
      const last = --found.uses === 0;
      if (last) this.#open.delete(key);
      if (changed.includes(name)) {
        const saving = this.#save(key, buffer, last);
        this.#saving.set(key, saving);
        await saving;
        this.#saving.delete(key);
      } else if (last) this.compute.free(buffer);
    }
  }

  /** Runs `work` on each tensor in file order, the next one opened and the last one closed meanwhile; `changed` lasts. */
  async each<N extends Name>(
    names: readonly N[],
    changed: readonly N[],
    work: (buffers: Opened<N>, elements: number, t: number) => Promise<void>,
  ): Promise<void> {
    let next = this.scope.length > 0 ? this.open(0, names) : null;
    let closing = Promise.resolve();
    for (let t = 0; next; t++) {
      const current = next;
      next = t + 1 < this.scope.length ? this.open(t + 1, names) : null;
      next?.catch(() => undefined); // told where it is awaited
      try {
        await work(await current, countElements(this.scope[t]!.base), t);
        await closing;
      } catch (thrown) {
        await Promise.allSettled([closing, next]);
        throw thrown;
      }
      closing = this.close(t, names, changed);
      closing.catch(() => undefined);
    }
    await closing;
  }

  /** Content of an array, from the device or from scratch. */
  async content(t: number, name: Name): Promise<Uint8Array<ArrayBuffer>> {
    const { [name]: buffer } = await this.open(t, [name]);
    try {
      const bytes = this.bytesOf(this.scope[t]!, name);
      const [words] = await this.compute.read([{ buffer: buffer!, bytes }]);
      return asBytes(words!);
    } finally {
      await this.close(t, [name]);
    }
  }

  /** Replaces the content of an array. */
  async fill(t: number, name: Name, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const { [name]: buffer } = await this.open(t, [name]);
    this.compute.write(buffer!, 0, bytes);
    await this.close(t, [name], [name]);
  }

  async dispose(): Promise<void> {
    for (const { buffer } of this.#open.values())
      await buffer.then(
        (each) => this.compute.free(each),
        () => undefined,
      );
    this.#open.clear();
    await this.scratch.close();
  }

  async #load(t: number, name: Name): Promise<ComputeBuffer> {
    const tensor = this.scope[t]!;
    const spec = this.specs[name];
    let content: ArrayBuffer | null = null;
    if (spec.load) content = (await spec.load(tensor)).buffer;
    else if (spec.life === 'kept' && !this.#resident[t])
      content = await this.#saved(`${t}/${name}`);
    if (content) return this.compute.adopt(new Uint32Array(content));
    return this.compute.buffer(this.bytesOf(tensor, name));
  }

  async #saved(key: string): Promise<ArrayBuffer | null> {
    await this.#saving.get(key);
    return (await this.scratch.read(key))?.buffer ?? null;
  }

  /** Writes a buffer to scratch; the last user frees it. */
  async #save(key: string, buffer: ComputeBuffer, last: boolean): Promise<void> {
    const words = last
      ? await this.compute.take(buffer)
      : (await this.compute.read([{ buffer, bytes: buffer.bytes }]))[0]!;
    await this.scratch.write(key, asBytes(words));
    release(words);
  }
}
