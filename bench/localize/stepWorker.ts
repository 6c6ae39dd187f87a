import { createCpuCompute } from '../../src/gpu/cpu.ts';
import { openTensors } from '../../src/gpu/tensors.ts';
import { wasmPaths } from '../../src/gpu/wasmPaths.ts';
import { requestWebGpu } from '../../src/gpu/webgpu.ts';
import { openScratchFile } from '../../src/storage/scratchFile.ts';
import { measurePeak, measureSteps, type StepKind } from './measureSteps.ts';
import type { StepShape } from './stepModel.ts';

/** What the worker is to measure: a ratio of step times, or a peak of bytes when `steps` is null. */
export interface StepJob {
  backend: 'wasm' | 'webgpu';
  shape: StepShape;
  kind: StepKind;
  steps: number | null;
}

onmessage = async ({ data: { backend, shape, kind, steps } }: MessageEvent<StepJob>) => {
  const compute =
    backend === 'webgpu' ? await requestWebGpu() : createCpuCompute('WebAssembly on the CPU');
  const tensors = await openTensors(compute, wasmPaths, true);
  const scratch = await openScratchFile('bench');
  const result =
    steps === null
      ? await measurePeak(tensors, shape, kind, scratch)
      : await measureSteps(tensors, shape, kind, steps, scratch);
  postMessage({ adapter: tensors.compute.adapter, result });
};
