import { beginsWith, type Format } from './format.ts';

export const hdf5: Format = {
  id: 'hdf5',
  label: 'HDF5 (Keras)',
  matches: (head) => beginsWith(head, '\x89HDF\r\n\x1a\n'),
  endings: ['.h5', '.hdf5'],
  open: {
    refusal: () =>
      "is an HDF5 file (Keras or TensorFlow), which Stitchwork does not read. Use the model's safetensors; transformers makes them by from_pretrained(folder, from_tf=True).save_pretrained(folder).",
  },
};
