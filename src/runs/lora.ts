import type { EngineApi } from '../api/engine.ts';
import { mulberry32 } from '../data/random.ts';
import { incompatible, throwIfCancelled } from '../errors.ts';
import {
  composeLora,
  factored,
  rankFor,
  type ChangedLayer,
  type FactoredLayer,
} from '../export/lora.ts';
import { openMatrixProducts } from '../gpu/simd/matrixProducts.ts';
import { withJob } from '../jobs/jobs.ts';
import { createMeter } from '../jobs/progress.ts';
import { leadingTriples } from '../merge/matrix/lowRank.ts';
import { openWorkspace } from '../merge/matrix/workspace.ts';
import { readF32Range } from '../models/readF32.ts';
import { createReader } from '../storage/reader.ts';
import { openParts } from '../storage/runs.ts';
import { widen } from '../tensor/convert.ts';
import { dtypeBits, isMergeable, type DType } from '../tensor/dtype.ts';
import { countElements, type TensorInfo } from '../tensor/tensorIndex.ts';
import type { OutputPlace } from './runRecord.ts';
import { useFinished } from './runs.ts';

/** Largest matrix that is factored: its change is held whole, 256 MB. */
const mostElements = 2 ** 26;
/** Elements of others whose change is measured at once. */
const windowElements = 2 ** 20;

export const lora: EngineApi['lora'] = (job, runId, { rank, error }, onProgress) =>
  withJob(job, (signal) =>
    useFinished(runId, async (record, [first]) => {
      if (!first) throw incompatible('That result has no base.');
      // Of adapters alone the changes are those of what they lie on.
      const base = first.laid?.on ?? first;
      const stored = new Map(base.index.tensors.map((tensor) => [tensor.name, tensor]));
      const beforeOf = ({ tensor }: OutputPlace) => (first.laid ? stored.get(tensor.name) : tensor);
      const isOwn = ({ rows, tensor: { name } }: OutputPlace) => !rows && stored.has(name);
      const made = record.outputs.filter(({ firstPart, endPart }) => firstPart < endPart);
      const places = made.filter(({ rows }) => rows !== 'new');
      const meter = createMeter(onProgress);
      const total = places.reduce((sum, { tensor }) => sum + countElements(tensor), 0);
      const reader = createReader(base);
      const partOf = openParts(runId, 'out');
      const [products, workspace] = await Promise.all([openMatrixProducts(), openWorkspace()]);
      const changeOf = async (place: OutputPlace, from: number, to: number) => {
        throwIfCancelled(signal);
        const after = await readPlace(place, partOf, from, to);
        const tensor = beforeOf(place);
        if (!tensor) return after;
        const before = await readF32Range(reader, tensor, from, to);
        return after.map((value, k) => value - before[k]!);
      };
      const layers: FactoredLayer[] = [];
      const left = { names: [] as string[], square: 0 };
      let done = 0;
      for (const place of places) {
        const { tensor } = place;
        const elements = countElements(tensor);
        const layer = isOwn(place) ? linearLayer(base.architecture, tensor) : null;
        if (layer) {
          const change = await changeOf(place, 0, elements);
          const count = Math.min(rank, ...layer.shape);
          const found = leadingTriples(
            products,
            workspace,
            change,
            layer.shape,
            count,
            mulberry32(layers.length),
          );
          layers.push(factored(layer, found, squareOf(change)));
        } else {
          let square = 0;
          for (let from = 0; from < elements; from += windowElements)
            square += squareOf(
              await changeOf(place, from, Math.min(elements, from + windowElements)),
            );
          if (square > 0) left.names.push(tensor.name);
          left.square += square;
        }
        meter('Factoring', (done += elements), total, tensor.name);
      }
      if (!layers.some(({ square }) => square > 0))
        throw incompatible(
          'This merge changed no linear layer, and a LoRA adapter holds nothing else.',
        );
      const chosen = error === null ? rank : rankFor(layers, rank, error);
      return composeLora(base.name, layers, chosen, left);
    }),
  );

const embeddings = /embed|(?:^|\.)(?:wte|wpe|shared)\.|relative_attention_bias|codebook/i;
const turnedOfGpt2 = /\.(?:c_attn|q_attn|c_proj|c_fc)\.weight$/;

/** The linear layer that a tensor is the weight of, null for any other. */
function linearLayer(
  architecture: string | null,
  { name, shape }: TensorInfo,
): ChangedLayer | null {
  const [rows, columns, ...rest] = shape;
  if (rows === undefined || columns === undefined || rest.length > 0) return null;
  if (!name.endsWith('.weight') || embeddings.test(name)) return null;
  if (rows * columns > mostElements || rows * columns === 0) return null;
  const turned = architecture === 'gpt2' && turnedOfGpt2.test(name);
  return { name, shape: [rows, columns], turned };
}

const squareOf = (change: Float32Array) => change.reduce((sum, each) => sum + each * each, 0);

/** Values [from, to) of a merged tensor, in f32. */
async function readPlace(
  { dtype, firstPart, endPart }: OutputPlace,
  partOf: (part: number) => Promise<Blob>,
  from: number,
  to: number,
): Promise<Float32Array<ArrayBuffer>> {
  const size = dtypeBits[dtype] / 8;
  const parts: Blob[] = [];
  for (let part = firstPart; part < endPart; part++) parts.push(await partOf(part));
  const bytes = await new Blob(parts).slice(from * size, to * size).arrayBuffer();
  return floats(new Uint8Array(bytes), dtype);
}

function floats(bytes: Uint8Array<ArrayBuffer>, dtype: DType): Float32Array<ArrayBuffer> {
  if (!isMergeable(dtype)) throw incompatible(`${dtype} values have no change.`);
  return new Float32Array(widen(bytes, dtype, 'F32').buffer);
}
