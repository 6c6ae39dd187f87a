const names = /^[\p{L}\p{N} ._+=,@()-]+$/u;

/**
 * One line for a terminal that turns a PyTorch file into safetensors: the weights under `keys`. A "trusted" file is loaded
 * whole, code and all, and may be a pickled module; so is a "pickle", which torch.save did not write.
 */
export function convertWithPython(
  path: string,
  file: 'plain' | 'trusted' | 'pickle' = 'plain',
  keys: readonly string[] = [],
): string {
  const name = path.split('/').at(-1) ?? '';
  const harmless = names.test(name) ? name : 'pytorch_model.bin';
  const load =
    file === 'pickle'
      ? `pickle.load(open('${harmless}', 'rb'))`
      : `torch.load('${harmless}', map_location='cpu', weights_only=${file === 'plain' ? 'True' : 'False'})`;
  const within = keys.every((key) => names.test(key))
    ? keys.map((key) => (/^\d+$/.test(key) ? `[${key}]` : `['${key}']`)).join('')
    : '';
  return [
    `python -c "import pickle, torch, safetensors.torch as s; m = ${load}${within}`,
    `m = m.state_dict() if hasattr(m, 'state_dict') else m`,
    `f = lambda d, p='': {k: t for n, v in d.items() for k, t in (f(v, f'{p}{n}.') if hasattr(v, 'items') else {f'{p}{n}': v}).items() if hasattr(t, '__array__')}`,
    `g = lambda t: (t.dequantize() if t.is_quantized else t.to_dense()).clone().contiguous()`,
    `s.save_file({k: g(torch.as_tensor(t)) for k, t in f(m).items()}, 'model.safetensors', {'format': 'pt'})"`,
  ].join('; ');
}
