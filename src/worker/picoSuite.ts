import { mulberry32 } from '../data/random.ts';

// A RoBERTa too small to know anything, its fine-tunes and their data; for tests only.

const hidden = 16;
const words = 1000;
const positions = 66;

function shapes(layers: number): Record<string, number[]> {
  const linear = (name: string, out: number, inputs: number) => ({
    [`${name}.weight`]: [out, inputs],
    [`${name}.bias`]: [out],
  });
  const norm = (name: string) => ({ [`${name}.weight`]: [hidden], [`${name}.bias`]: [hidden] });
  const layer = (n: number) => {
    const at = `roberta.encoder.layer.${n}`;
    return {
      ...linear(`${at}.attention.self.query`, hidden, hidden),
      ...linear(`${at}.attention.self.key`, hidden, hidden),
      ...linear(`${at}.attention.self.value`, hidden, hidden),
      ...linear(`${at}.attention.output.dense`, hidden, hidden),
      ...norm(`${at}.attention.output.LayerNorm`),
      ...linear(`${at}.intermediate.dense`, 2 * hidden, hidden),
      ...linear(`${at}.output.dense`, hidden, 2 * hidden),
      ...norm(`${at}.output.LayerNorm`),
    };
  };
  return {
    'roberta.embeddings.word_embeddings.weight': [words, hidden],
    'roberta.embeddings.position_embeddings.weight': [positions, hidden],
    'roberta.embeddings.token_type_embeddings.weight': [1, hidden],
    ...norm('roberta.embeddings.LayerNorm'),
    ...Object.assign({}, ...Array.from({ length: layers }, (_, n) => layer(n))),
    ...linear('lm_head.dense', hidden, hidden),
    ...norm('lm_head.layer_norm'),
    'lm_head.bias': [words],
  };
}

const config = {
  model_type: 'roberta',
  vocab_size: words,
  hidden_size: hidden,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 2 * hidden,
  max_position_embeddings: positions,
  type_vocab_size: 1,
  pad_token_id: 1,
  layer_norm_eps: 1e-5,
};

/** A checkpoint's folder as files; `seed` 0 is the base, others differ from it by small steps. */
export function picoFolder(
  name: string,
  seed: number,
  tokenizer: string,
): { path: string; file: File }[] {
  const [base, step] = [mulberry32(1), mulberry32(seed)];
  const header: Record<string, object> = { __metadata__: { format: 'pt' } };
  const values: number[] = [];
  for (const [tensor, shape] of Object.entries(shapes(2))) {
    const start = values.length;
    const size = shape.reduce((a, b) => a * b, 1);
    const centre = tensor.endsWith('orm.weight') ? 1 : 0;
    for (let i = 0; i < size; i++) {
      const change = seed === 0 ? 0 : (step() - 0.5) ** 3 * 0.8;
      values.push(centre + (base() - 0.5) * 0.5 + change);
    }
    const offsets = [4 * start, 4 * values.length];
    header[tensor] = { dtype: 'F32', shape, data_offsets: offsets };
  }
  let text = JSON.stringify(header);
  text += ' '.repeat(-(text.length + 8) & 7);
  const length = new BigUint64Array([BigInt(text.length)]);
  const files: [string, BlobPart[]][] = [
    ['model.safetensors', [length, text, Float32Array.from(values)]],
    ['config.json', [JSON.stringify(config)]],
    ['tokenizer.json', [tokenizer]],
  ];
  return files.map(([file, parts]) => ({ path: `${name}/${file}`, file: new File(parts, file) }));
}

/** JSONL of texts of two classes, told by their words. */
export function picoData(name: string, rows: number, seed: number): { path: string; file: File }[] {
  const random = mulberry32(seed);
  const pick = (from: string[]) => from[Math.floor(random() * from.length)]!;
  const lines = Array.from({ length: rows }, (_, i) => {
    const label = i % 2;
    const text = Array.from({ length: 3 + Math.floor(random() * 5) }, () =>
      pick(label ? ['the', 'a', 'good'] : ['of', 'in', 'bad']),
    ).join(' ');
    return JSON.stringify({ text, label });
  });
  return [{ path: name, file: new File([`${lines.join('\n')}\n`], name) }];
}
