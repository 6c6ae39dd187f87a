import type { AppError } from '../../errors.ts';
import { badPickle, type PicklePlace } from './pickleBytes.ts';
import type { PickleName } from './pickleValues.ts';
import {
  PickleObject,
  PickleTensor,
  describeValue,
  type PickleDict,
  type PickleValue,
} from './pickleValues.ts';

/** What of a pickle are the weights of a model. */
export interface StateDict {
  tensors: Map<string, PickleTensor>;
  /** Keys that lead to it, e.g. ["state_dict"]. */
  path: string[];
  /** Classes of the pickled modules whose weights these are. */
  classes: PickleName[];
  /** Names of what was left out. */
  skipped: string[];
}

/** Keys under which training scripts put the weights, the likeliest first. */
const containers = [
  'state_dict',
  'model_state_dict',
  'model',
  'module',
  'net',
  'network',
  'weights',
  'params',
  'params_ema',
  'model_ema',
  'ema_state_dict',
  'ema',
];
const training =
  /^(?:\w*optim(?:izer)?s?\w*|\w*scheduler\w*|\w*scaler\w*|\w*rng_state\w*|callbacks|loops|hyper_parameters|args|config|cfg)$/i;

const mostDepth = 100;
const mostNameLength = 10_000;
const mostVisits = 2_000_000;

/** Finds the tensors of the model, under the names of its state_dict. Throws BadFile. */
export function findStateDict(root: PickleValue, place: PicklePlace): StateDict {
  const found: StateDict = { tensors: new Map(), path: [], classes: [], skipped: [] };
  const walk = new Walk(found, place);
  let node = root;
  for (let inner = containerOf(node); inner; inner = containerOf(node)) {
    const within = found.path.map((key) => `${key}.`).join('');
    for (const key of inner.others) found.skipped.push(`${within}${describeKey(key)}`);
    found.path.push(inner.key);
    if (found.path.length > mostDepth) throw walk.tooDeep();
    node = inner.value;
  }
  if (isWeights(node)) walk.enter(node, '');
  return found;
}

/** The likeliest container of a dict, and its other keys; null when the dict itself holds the weights. */
function containerOf(node: PickleValue) {
  if (!(node instanceof Map)) return null;
  for (const key of containers) {
    const value = node.get(key);
    if (value === undefined || !isWeights(value) || !leadsOn(value)) continue;
    const own = [...node.values()].filter((each) => each instanceof PickleTensor).length;
    if (value instanceof Map && own > value.size) continue;
    return { key, value, others: [...node.keys()].filter((other) => other !== key) };
  }
  return null;
}

/** Whether a dict or module has tensors, or what may hold them, in it. */
function leadsOn(value: PickleValue): boolean {
  if (!(value instanceof Map)) return true;
  return [...value.values()].some((each) => each instanceof PickleTensor || isWeights(each));
}

function isWeights(value: PickleValue): value is PickleDict | PickleObject {
  return value instanceof Map || (value instanceof PickleObject && attributesOf(value) !== null);
}

/** Attributes of a pickled nn.Module, or of an object of TorchScript. */
function attributesOf({ state, maker }: PickleObject): PickleDict | null {
  if (!(state instanceof Map)) return null;
  const ofModule = state.get('_parameters') instanceof Map && state.get('_modules') instanceof Map;
  return ofModule || maker.module.startsWith('__torch__.') ? state : null;
}

class Walk {
  #visits = 0;
  #depth = 0;

  constructor(
    readonly found: StateDict,
    readonly place: PicklePlace,
  ) {}

  tooDeep(): AppError {
    return this.#bad(`nests dicts and modules over ${mostDepth} deep, or in themselves`);
  }

  #bad(fault: string, at = 0): AppError {
    return badPickle(this.place, at, fault);
  }

  /** Takes the tensors of a dict or module; `prefix` ends in a dot, or is empty. */
  enter(node: PickleDict | PickleObject, prefix: string): void {
    if (++this.#depth > mostDepth) throw this.tooDeep();
    if (node instanceof Map) for (const [key, value] of node) this.#take(key, value, prefix);
    else this.#enterModule(node, prefix);
    this.#depth--;
  }

  #enterModule(node: PickleObject, prefix: string): void {
    const attributes = attributesOf(node) ?? new Map();
    this.found.classes.push(node.maker);
    const dict = (key: string): PickleDict => {
      const value = attributes.get(key);
      return value instanceof Map ? value : new Map();
    };
    if (node.maker.module.startsWith('__torch__.')) {
      for (const [key, value] of attributes)
        if (value instanceof PickleTensor || isWeights(value)) this.#take(key, value, prefix);
      return;
    }
    const passing = attributes.get('_non_persistent_buffers_set');
    for (const [key, value] of dict('_parameters'))
      if (value !== null) this.#take(key, value, prefix);
    for (const [key, value] of dict('_buffers'))
      if (Array.isArray(passing) && passing.includes(key)) this.#skip(key, prefix);
      else if (value !== null) this.#take(key, value, prefix);
    for (const [key, value] of dict('_modules')) if (value !== null) this.#take(key, value, prefix);
  }

  #take(key: PickleValue, value: PickleValue, prefix: string): void {
    if (++this.#visits > mostVisits)
      throw this.#bad(`holds over ${mostVisits} values, or some of them many times`);
    if (typeof key === 'string' && prefix.length + key.length > mostNameLength)
      throw this.#bad(`gives a value a name of over ${mostNameLength} characters`);
    if (value instanceof PickleTensor) {
      if (typeof key !== 'string')
        throw this.#bad(`holds a tensor under the key ${describeValue(key)}`, value.at);
      const name = prefix + key;
      if (this.found.tensors.has(name))
        throw this.#bad(`holds two tensors ${JSON.stringify(name)}`, value.at);
      this.found.tensors.set(name, value);
      return;
    }
    const isTraining = typeof key === 'string' && prefix === '' && training.test(key);
    if (typeof key !== 'string' || isTraining || !isWeights(value)) return this.#skip(key, prefix);
    this.enter(value, `${prefix}${key}.`);
  }

  #skip(key: PickleValue, prefix: string): void {
    this.found.skipped.push(prefix + describeKey(key));
  }
}

const describeKey = (key: PickleValue) => (typeof key === 'string' ? key : describeValue(key));
