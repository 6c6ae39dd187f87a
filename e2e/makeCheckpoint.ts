import { roberta, safetensorsHeader, countElements } from '../scripts/shapes.js';

export const shape = {
  layers: 2,
  hidden: 32,
  inner: 64,
  vocabulary: 50,
  positions: 18,
  heads: 2,
};

const { tensors, config } = roberta(shape);

/** Small whole numbers that differ between seeds: exact in every dtype. */
function values(seed: number): Float32Array {
  const count = tensors.reduce((sum, tensor) => sum + countElements(tensor), 0);
  return Float32Array.from({ length: count }, (_, i) => ((i * (seed + 3) * 2654435761) >>> 8) % 97);
}

/** A tiny RoBERTa as safetensors, for a file input. */
export function makeCheckpoint(name: string, seed: number) {
  const data = Buffer.from(values(seed).buffer);
  return {
    name: `${name}.safetensors`,
    mimeType: 'application/octet-stream',
    buffer: Buffer.concat([safetensorsHeader(tensors, 'F32'), data]),
  };
}

/** The config.json that tells the architecture of makeCheckpoint's files. */
export const configJson = JSON.stringify(config);
