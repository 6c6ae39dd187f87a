import type { Format } from './format.ts';

export const tfjsModel: Format = {
  id: 'tfjs',
  label: 'TensorFlow.js',
  matches(head) {
    const text = new TextDecoder().decode(head);
    return /^\s*\{/.test(text) && /"(?:modelTopology|weightsManifest)"/.test(text);
  },
  endings: [],
  named: /^group\d+-shard\d+of\d+(?:\.bin)?$/,
  open: {
    refusal: (path) =>
      `${path.endsWith('.json') ? 'describes' : 'holds weights of'} a TensorFlow.js model, which Stitchwork does not read. Use the safetensors of the model that it was converted from.`,
  },
};
