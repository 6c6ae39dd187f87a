import { unsupported, type Fail } from '../../errors.ts';
import { badPickle, faultAt, type PicklePlace } from './pickleBytes.ts';
import { addPairs, pickleLimits, type PickleHost } from './pickleMachine.ts';
import {
  PickleName,
  PickleObject,
  PickleStorage,
  PickleTensor,
  describeValue,
  type Making,
  type PickleDict,
  type PickleValue,
} from './pickleValues.ts';
import { refuseCommands } from './refuseNames.ts';
import {
  buildsInstance,
  dictMakers,
  dtypeOf,
  isRebuild,
  isTyped,
  isUntyped,
  listMakers,
  makesParameter,
  makesTensor,
  mayReach,
} from './torchNames.ts';

/** Reads what torch.save writes: tensors, storages by persistent id, and dicts; other calls become inert objects. */
export class TorchHost implements PickleHost {
  /** Every name met, in order, as often as it was met. */
  readonly names: PickleName[] = [];
  readonly storages = new Map<string, PickleStorage>();
  /** How often a name was called in a way that runs no code. */
  readonly #harmlessCalls = new Map<PickleName, number>();
  #copied = 0;

  constructor(readonly place: PicklePlace) {}

  meet(name: PickleName): void {
    this.names.push(name);
  }

  refuse(): void {
    refuseCommands(this.place, this.namesToJudge());
  }

  /** Names met, once each, but for those met only where they run no code. */
  namesToJudge(): PickleName[] {
    const met = new Map<PickleName, number>();
    for (const name of this.names) met.set(name, (met.get(name) ?? 0) + 1);
    return [...met.keys()].filter((name) => this.#harmlessCalls.get(name) !== met.get(name));
  }

  call(callee: PickleName, args: PickleValue[], at: number, making: Making = 'call'): PickleValue {
    const fail: Fail = (fault) => badPickle(this.place, at, fault);
    const { full } = callee;
    const [first = null] = args;
    if (Array.isArray(first) || first instanceof Map) this.#countCopy(first, fail);
    if (listMakers.has(full) || full === 'torch.Size')
      return Array.isArray(first) ? [...first] : [];
    if (dictMakers.has(full)) return dictOf(first, fail);
    if (makesParameter(full)) {
      if (first instanceof PickleTensor) return first;
      if (first instanceof PickleObject)
        return new PickleObject(first.maker, [first], 'tensor', at);
      throw fail(`makes a parameter of ${describeValue(first)}`);
    }
    if (buildsInstance(full) && first instanceof PickleName)
      return full.endsWith('.__newobj__')
        ? this.call(first, args.slice(1), at, 'instance')
        : new PickleObject(first, args.slice(2), 'instance', at);
    if (mayReach(full, args)) {
      this.#harmlessCalls.set(callee, (this.#harmlessCalls.get(callee) ?? 0) + 1);
      const member = new PickleName(args[0].full, args[1], at);
      this.meet(member);
      return member;
    }
    if (isTyped(full)) return this.#ofType(args, at, fail);
    if (isRebuild(full)) return rebuildTensor(full, args, at, this.place);
    return new PickleObject(callee, args, makesTensor(full) ? 'tensor' : making, at);
  }

  /** Calls may copy a recalled list again and again: what they copy counts like what is pushed. */
  #countCopy(values: PickleValue[] | PickleDict, fail: Fail): void {
    this.#copied += Array.isArray(values) ? values.length : values.size;
    if (this.#copied > pickleLimits.values)
      throw fail(`copies more than ${pickleLimits.values} values`);
  }

  load(id: PickleValue, at: number): PickleValue {
    const fail: Fail = (fault) => badPickle(this.place, at, fault);
    if (!Array.isArray(id)) throw fail(`refers to ${describeValue(id)} outside itself`);
    const [kind, type, key, , count, view] = id;
    if (kind === 'module') return type ?? null;
    if (kind !== 'storage' || !(type instanceof PickleName) || typeof key !== 'string')
      throw fail(`refers to ${describeValue(kind)} outside itself, and not to a storage`);
    if (!isCount(count)) throw fail(`has a storage of ${describeValue(count)} elements`);
    if (view !== undefined && view !== null)
      throw fail(`has a storage that is a view of another, as PyTorch wrote them before 0.4`);
    const dtype = isUntyped(type.full) ? null : dtypeOf(type.full);
    if (dtype === undefined || (dtype === null && !isUntyped(type.full)))
      throw unsupported(unknownDtype(this.place, at, `a storage of ${type.full}`));
    const known = this.storages.get(key);
    if (known && (known.dtype !== dtype || known.count !== count))
      throw fail(`tells of storage ${JSON.stringify(key)} twice, differently`);
    const storage = known ?? new PickleStorage(key, dtype, count, at);
    this.storages.set(key, storage);
    return storage;
  }

  /** The tensor that a subclass, or attributes, were put around. */
  #ofType([maker, type, args]: PickleValue[], at: number, fail: Fail): PickleValue {
    if (!(maker instanceof PickleName) || !(type instanceof PickleName) || !Array.isArray(args))
      throw fail(`rebuilds a tensor by ${describeValue(maker)}`);
    if (!/^torch\.(?:Tensor$|nn\.parameter\.)/.test(type.full))
      return new PickleObject(type, args, 'tensor', at);
    return this.call(maker, args, at);
  }
}

function dictOf(pairs: PickleValue, fail: Fail): PickleValue {
  const dict = pairs instanceof Map ? new Map(pairs) : new Map<PickleValue, PickleValue>();
  if (!Array.isArray(pairs)) return dict;
  const items = pairs.filter((pair) => Array.isArray(pair) && pair.length === 2).flat();
  addPairs(dict, items, fail);
  return dict;
}

/** (storage, offset, size, stride, …), of v3 with the dtype at 6. */
function rebuildTensor(
  full: string,
  args: PickleValue[],
  at: number,
  place: PicklePlace,
): PickleTensor | PickleObject {
  const [storage, offset, shape, strides] = args;
  const fail: Fail = (fault) => badPickle(place, at, fault);
  if (storage instanceof PickleObject) return new PickleObject(storage.maker, args, 'tensor', at);
  if (!(storage instanceof PickleStorage))
    throw fail(`rebuilds a tensor of ${describeValue(storage)}`);
  const told = args[full.endsWith('_v3') ? 6 : -1];
  const dtype = told instanceof PickleName ? dtypeOf(told.full) : storage.dtype;
  if (!dtype) throw unsupported(unknownDtype(place, at, `a tensor of ${describeValue(told)}`));
  const metadata = args[full.endsWith('_v3') ? 7 : 6];
  if (metadata instanceof Map && [...metadata.values()].some((value) => value === true))
    throw unsupported(
      `${faultAt(place, at, 'holds a tensor that is yet to be conjugated or negated')}. Save it again after resolve_conj() and resolve_neg().`,
    );
  const numbers = (values: PickleValue | undefined) =>
    Array.isArray(values) && values.every((value) => typeof value === 'number') ? values : null;
  const [sizes, steps] = [numbers(shape), numbers(strides)];
  if (typeof offset !== 'number' || !sizes || !steps)
    throw fail(
      `rebuilds a tensor at ${describeValue(offset)} of shape ${describeValue(shape)} and strides ${describeValue(strides)}, which are not all whole numbers`,
    );
  return new PickleTensor(storage, dtype, offset, sizes, steps, at);
}

function unknownDtype(place: PicklePlace, at: number, what: string): string {
  return `${faultAt(place, at, `holds ${what}`)}, which has no counterpart in safetensors. Convert it to a floating dtype, e.g. with .dequantize() or .float(), and save it again.`;
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
