/**
 * One line for a terminal that turns a PyTorch file into safetensors; a "trusted" file is loaded whole, code and all,
 * and may be a pickled module.
 */
export function convertWithPython(path: string, file: 'plain' | 'trusted' = 'plain'): string {
  const name = path.split('/').at(-1) ?? '';
  const harmless = /^[\w.-]+$/.test(name) ? name : 'pytorch_model.bin';
  const weightsOnly = file === 'plain' ? 'True' : 'False';
  const load = `m = torch.load('${harmless}', map_location='cpu', weights_only=${weightsOnly})`;
  const dict = `d = m.state_dict() if hasattr(m, 'state_dict') else m.get('state_dict', m)`;
  const tensors = `{k: v.clone().contiguous() for k, v in d.items() if torch.is_tensor(v)}`;
  return `python -c "import torch, safetensors.torch as s; ${load}; ${dict}; s.save_file(${tensors}, 'model.safetensors', {'format': 'pt'})"`;
}
