import type { Format } from './format.ts';

export const onnx: Format = {
  id: 'onnx',
  label: 'ONNX',
  matches: () => false,
  endings: ['.onnx', '.onnx_data', '.ort'],
  open: {
    refusal: () =>
      'is an ONNX graph, whose weights have lost their names. Use the safetensors of the model that it was exported from.',
  },
};
