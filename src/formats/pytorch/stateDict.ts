import { unsupported, type AppError } from '../../errors.ts';
import { badPickle, type PicklePlace } from './pickleBytes.ts';
import type { PickleName } from './pickleValues.ts';
import {
  PickleObject,
  PickleTensor,
  describeValue,
  type PickleDict,
  type PickleValue,
} from './pickleValues.ts';
import { holdsTensors } from './holdsTensors.ts';
import { mustRun, refuseToRun } from './mustRun.ts';

/** What of a pickle are the weights of a model. */
export interface StateDict {
  tensors: Map<string, PickleTensor>;
  /** Keys that lead to it, e.g. ["state_dict"]. */
  path: string[];
  /** What tells it apart where a file holds several models; null of the one that goes by the file's name. */
  part: string | null;
  /** Classes of the pickled modules whose weights these are. */
  classes: PickleName[];
  /** Names of what was left out. */
  skipped: string[];
}

/** Keys under which training scripts put the weights of the model that a file is named after, the likeliest first. */
const plain = [
  'state_dict',
  'model_state_dict',
  'model_state',
  'model',
  'module',
  'net',
  'net_state_dict',
  'network',
  'weights',
  'params',
];
/** Keys of weights that are one model of several, or its average. */
const parts = [
  'params_ema',
  'g_ema',
  'generator',
  'policy_state_dict',
  'model_ema',
  'ema_state_dict',
  'ema_model',
  'ema',
];
/** Keys under which a model lies in a dict, the likeliest first. */
export const containers = [...plain, ...parts];
/** Keys of further models, where a dict has one of the above. */
const companions =
  /(?:^|_)(?:state_dict|state|ema|model|net)$|^(?:model|net|params|generator|g|d|discriminator|student|teacher)(?:_?\w|_\w+)?$/i;
const training =
  /^(?:\w*optim(?:izer)?s?\w*|(?:\w+_)?opt(?:_\w+)?|\w*sched(?:uler)?s?\w*|\w*scaler\w*|\w*rng_state\w*|\w*criterion\w*|(?:\w+_)?loss(?:es)?(?:_\w+)?|callbacks|loops|hyper_parameters|(?:\w+_)?(?:args|config|cfg|kwargs))$/i;

const mostDepth = 100;
const mostNameLength = 10_000;
const mostVisits = 2_000_000;
const mostModels = 64;

/** Finds the tensors of each model, under the names of its state_dict; at least one entry. Throws BadFile, Unsupported. */
export function findStateDicts(root: PickleValue, place: PicklePlace): StateDict[] {
  if (isOptimizer(root))
    throw unsupported(
      `${place.path} holds the state of an optimiser, and no weights. Open the file of the model, which usually lies beside it.`,
    );
  const nodes = findModels(root, place);
  const shared = nodes.length > 1 ? sharedDepth(nodes.map(({ path }) => path)) : 0;
  const found = nodes.map(({ node, path, skipped }, number): StateDict => {
    const own = path.slice(shared);
    const named = nodes.length === 1 || (number === 0 && own.every((key) => plain.includes(key)));
    const part = named ? null : own.join('.');
    const state: StateDict = { tensors: new Map(), path, part, classes: [], skipped };
    if (isWeights(node)) new Walk(state, place).enter(node, '');
    else if (isTensors(node)) new Walk(state, place).enter(listed(node), '');
    else if (node instanceof PickleObject && holdsTensors(node))
      throw refuseToRun(place, node, path);
    return state;
  });
  const full = found.filter(({ tensors }) => tensors.size > 0);
  return full.length > 0 ? full : found;
}

/** A dict or module that holds the weights of a model, and the keys that lead to it. */
interface Model {
  node: PickleValue;
  path: string[];
  skipped: string[];
}

function findModels(root: PickleValue, place: PicklePlace): Model[] {
  const found: Model[] = [];
  const visit = (node: PickleValue, path: string[], left: string[]): void => {
    if (path.length > mostDepth) throw tooDeep(place);
    const inner = innerModels(node);
    if (!inner) {
      found.push({ node, path, skipped: left });
      if (found.length > mostModels)
        throw unsupported(
          `${place.path} holds more than ${mostModels} models in one. Save each with torch.save as a file of its own.`,
        );
      return;
    }
    const within = path.map((key) => `${key}.`).join('');
    const skipped = [...left, ...inner.others.map((key) => within + key)];
    for (const { key, value } of inner.models) visit(value, [...path, key], skipped);
  };
  visit(root, [], []);
  return found;
}

/** The models in a dict or list, and its other keys; null when the value itself holds the weights. */
function innerModels(value: PickleValue) {
  if (Array.isArray(value)) return modelsOf([...value.entries()], (_, inner) => isModel(inner));
  const isInstance =
    value instanceof PickleObject && value.making === 'instance' && !attributesOf(value);
  const node = isInstance ? value.state : value;
  if (!(node instanceof Map)) return null;
  const own = [...node.values()].filter((each) => each instanceof PickleTensor).length;
  const holdsModel = (key: PickleValue, inner: PickleValue) =>
    typeof key === 'string' &&
    (isModel(inner) || (Array.isArray(inner) && inner.some(isModel))) &&
    !(inner instanceof Map && own > inner.size);
  const rank = (key: PickleValue) => containers.findIndex((each) => each === key);
  const entries = [...node];
  if (!entries.some(([key, inner]) => rank(key) >= 0 && holdsModel(key, inner))) return null;
  const isNamed = (key: PickleValue) =>
    rank(key) >= 0 || (typeof key === 'string' && companions.test(key) && !training.test(key));
  const likeliest = (key: PickleValue) => (rank(key) < 0 ? containers.length : rank(key));
  return modelsOf(
    entries.toSorted(([a], [b]) => likeliest(a) - likeliest(b)),
    (key, inner) => isNamed(key) && holdsModel(key, inner),
  );
}

function modelsOf(
  entries: readonly (readonly [PickleValue, PickleValue])[],
  isOne: (key: PickleValue, value: PickleValue) => boolean,
) {
  const models = entries.filter(([key, value]) => isOne(key, value)).slice(0, mostModels + 1);
  if (models.length === 0) return null;
  const taken = new Set(models);
  const others = entries.filter((entry) => !taken.has(entry));
  return {
    models: models.map(([key, value]) => ({ key: textOf(key) ?? '', value })),
    others: others.map(([key]) => textOf(key) ?? describeValue(key)),
  };
}

/** Whether a value is a dict or module with tensors in it, and no state of an optimiser. */
function isModel(value: PickleValue): boolean {
  return isWeights(value) && !isOptimizer(value) && holdsTensors(value);
}

function isOptimizer(value: PickleValue): boolean {
  return value instanceof Map && value.has('param_groups') && value.has('state');
}

function sharedDepth(paths: readonly string[][]): number {
  const [first = []] = paths;
  const at = first.findIndex((key, depth) => paths.some((path) => path[depth] !== key));
  return at < 0 ? 0 : at;
}

function isWeights(value: PickleValue): value is PickleDict | PickleObject {
  return value instanceof Map || (value instanceof PickleObject && attributesOf(value) !== null);
}

/** Attributes of a pickled nn.Module, or of an object of TorchScript. */
function attributesOf(object: PickleObject): PickleDict | null {
  const { state } = object;
  if (!(state instanceof Map)) return null;
  const ofModule = state.get('_parameters') instanceof Map && state.get('_modules') instanceof Map;
  return ofModule || isScripted(object) ? state : null;
}

/** TorchScript names classes __torch__.package.Net, and those of the script that was run __torch__.Net. */
const isScripted = ({ maker }: PickleObject) => /^__torch__(?:\.|$)/.test(maker.module);

function isTensors(value: PickleValue): value is PickleTensor[] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((each) => each instanceof PickleTensor)
  );
}

const listed = (values: readonly PickleTensor[]): PickleDict => new Map(values.entries());

const tooDeep = (place: PicklePlace) =>
  badPickle(place, 0, `nests dicts and modules over ${mostDepth} deep, or in themselves`);

class Walk {
  #visits = 0;
  #depth = 0;

  constructor(
    readonly found: StateDict,
    readonly place: PicklePlace,
  ) {}

  #bad(fault: string, at = 0): AppError {
    return badPickle(this.place, at, fault);
  }

  /** Takes the tensors of a dict or module; `prefix` ends in a dot, or is empty. */
  enter(node: PickleDict | PickleObject, prefix: string): void {
    if (++this.#depth > mostDepth) throw tooDeep(this.place);
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
    if (isScripted(node)) {
      for (const [key, value] of attributes)
        if (value instanceof PickleTensor || isWeights(value)) this.#take(key, value, prefix);
      return;
    }
    const passing = attributes.get('_non_persistent_buffers_set');
    const own = (key: PickleValue, value: PickleValue) => {
      if (value instanceof PickleObject) throw this.#unrun(key, value, prefix);
      if (value !== null) this.#take(key, value, prefix);
    };
    for (const [key, value] of dict('_parameters')) own(key, value);
    for (const [key, value] of dict('_buffers'))
      if (Array.isArray(passing) && passing.includes(key)) this.#skip(key, prefix);
      else own(key, value);
    for (const [key, value] of dict('_modules')) {
      if (value instanceof PickleObject && !isWeights(value) && holdsTensors(value))
        throw this.#unrun(key, value, prefix);
      if (value !== null) this.#take(key, value, prefix);
    }
  }

  #take(key: PickleValue, value: PickleValue, prefix: string): void {
    if (++this.#visits > mostVisits)
      throw this.#bad(`holds over ${mostVisits} values, or some of them many times`);
    const text = textOf(key);
    if (text !== null && prefix.length + text.length > mostNameLength)
      throw this.#bad(`gives a value a name of over ${mostNameLength} characters`);
    if (text === null) return this.#skip(key, prefix);
    if (value instanceof PickleTensor) return this.#add(prefix + text, value);
    const isTraining = prefix === '' && training.test(text);
    if (isTraining || isOptimizer(value)) return this.#skip(key, prefix);
    if (isTensors(value)) return this.enter(listed(value), `${prefix}${text}.`);
    if (isWeights(value)) return this.enter(value, `${prefix}${text}.`);
    if (value instanceof PickleObject && mustRun(value)) throw this.#unrun(key, value, prefix);
    this.#skip(key, prefix);
  }

  #add(name: string, tensor: PickleTensor): void {
    if (this.found.tensors.has(name))
      throw unsupported(
        `${this.place.path} holds two tensors ${JSON.stringify(name)}, by keys that are one when joined. Rename one of them in Python and save the file again.`,
      );
    this.found.tensors.set(name, tensor);
  }

  #unrun(key: PickleValue, value: PickleObject, prefix: string): AppError {
    return refuseToRun(this.place, value, this.found.path, prefix + describeKey(key));
  }

  #skip(key: PickleValue, prefix: string): void {
    this.found.skipped.push(prefix + describeKey(key));
  }
}

/** A key as a part of a name: that of text itself, of a number or a tuple as Python prints it; null where it has none. */
function textOf(key: PickleValue): string | null {
  if (typeof key === 'string') return key;
  if (typeof key === 'number' || typeof key === 'bigint') return String(key);
  if (!Array.isArray(key) || key.length === 0 || key.length > 16) return null;
  const texts = key.map((each) => (Array.isArray(each) ? null : textOf(each)));
  return texts.includes(null) ? null : texts.join('.');
}

const describeKey = (key: PickleValue) => textOf(key) ?? describeValue(key);
