const names = /^[\p{L}\p{N} ._+=,@()-]+$/u;

const harmless = (path: string, otherwise: string) => {
  const name = path.split('/').at(-1) ?? '';
  return names.test(name) ? name : otherwise;
};

/** One line for a terminal that writes the arrays of a Keras archive, an HDF5 file or a NumPy archive by name as safetensors. */
export function convertArrays(path: string, kind: 'keras' | 'hdf5' | 'npz'): string {
  const name = `'${harmless(path, `model.${kind}`)}'`;
  const save = "s.save_file(d, 'model.safetensors')";
  if (kind === 'npz')
    return `python -c "import numpy, safetensors.numpy as s; f = numpy.load(${name}); d = {n: f[n].copy(order='C') for n in f.files}; ${save}"`;
  const file =
    kind === 'hdf5' ? name : `io.BytesIO(zipfile.ZipFile(${name}).read('model.weights.h5'))`;
  return [
    `python -c "import h5py, io, numpy, zipfile, safetensors.numpy as s; d = {}`,
    `take = lambda n, o: d.update({n: numpy.array(o)}) if isinstance(o, h5py.Dataset) and not n.startswith('optimizer') else None`,
    `h5py.File(${file}, 'r').visititems(take)`,
    `${save}"`,
  ].join('; ');
}

/**
 * One line for a terminal that turns a PyTorch file into safetensors: the weights under `keys`. A "trusted" file is loaded
 * whole, code and all, and may be a pickled module; so is a "pickle", which torch.save did not write.
 */
export function convertWithPython(
  path: string,
  file: 'plain' | 'trusted' | 'pickle' = 'plain',
  keys: readonly string[] = [],
): string {
  const name = harmless(path, 'pytorch_model.bin');
  const load =
    file === 'pickle'
      ? `pickle.load(open('${name}', 'rb'))`
      : `torch.load('${name}', map_location='cpu', weights_only=${file === 'plain' ? 'True' : 'False'})`;
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
