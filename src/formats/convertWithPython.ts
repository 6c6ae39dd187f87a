/** One line for a terminal that turns a PyTorch file into safetensors. */
export function convertWithPython(path: string): string {
  const name = path.split('/').at(-1) ?? '';
  const file = /^[\w.-]+$/.test(name) ? name : 'pytorch_model.bin';
  const tensors = `{k: v.clone().contiguous() for k, v in torch.load('${file}', map_location='cpu', weights_only=True).items()}`;
  return `python -c "import torch, safetensors.torch as s; s.save_file(${tensors}, 'model.safetensors', {'format': 'pt'})"`;
}
