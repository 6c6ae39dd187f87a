import { beginsWith, type Format } from './format.ts';

export const gguf: Format = {
  id: 'gguf',
  label: 'GGUF',
  matches: (head) => ['GGUF', 'ggjt', 'ggml'].some((magic) => beginsWith(head, magic)),
  endings: ['.gguf', '.ggml'],
  open: {
    refusal: () =>
      'is a GGUF file for llama.cpp, whose weights are mostly quantised. Use the safetensors of the same model, which its page usually offers beside it.',
  },
};
