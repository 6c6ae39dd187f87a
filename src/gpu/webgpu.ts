import { AppError, bug } from '../errors.ts';
import { asBytes, release } from '../tensor/release.ts';
import {
  workgroupSize,
  type Compute,
  type ComputeBuffer,
  type Constants,
  type Kernel,
} from './compute.ts';

interface GpuBuffer extends ComputeBuffer {
  gpu: GPUBuffer;
}

const maxGroupsPerDimension = 65_535;

/** Limits asked for as high as the adapter has them. */
const raisedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
] as const;

/** Whether there is a GPU, software or not. */
export const hasWebGpu = async () => Boolean(await navigator.gpu?.requestAdapter());

/** A Compute on a WebGPU device with the adapter's full limits; throws NoGpu with the reason. */
export async function requestWebGpu(
  allowSoftware = true,
): Promise<Compute & { lost: Promise<AppError> }> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new AppError('NoGpu', 'no WebGPU here');
  const { description, vendor, architecture, isFallbackAdapter } = adapter.info;
  const name = description || [vendor, architecture].filter(Boolean).join(' ') || 'WebGPU';
  const software = isFallbackAdapter || /swiftshader|llvmpipe|software/i.test(name + architecture);
  if (software && !allowSoftware) throw new AppError('NoGpu', `this GPU is software (${name})`);
  const { limits } = adapter;
  const device = await adapter.requestDevice({
    requiredLimits: Object.fromEntries(raisedLimits.map((name) => [name, limits[name]])),
  });
  return createWebGpuCompute(device, name, software, adapter.info);
}

/** A Compute on a device of the caller's. */
export function createWebGpuCompute(
  device: GPUDevice,
  adapter: string,
  software: boolean,
  info: GPUAdapterInfo,
): Compute & { lost: Promise<AppError> } {
  let failure: AppError | null = null;
  const lost = device.lost.then(({ message }) => {
    failure = new AppError(
      'DeviceLost',
      `The GPU stopped responding (${message || 'device lost'}). Nothing stored is lost: press Resume to go on where the run stopped.`,
    );
    return failure;
  });
  device.addEventListener('uncapturederror', ({ error }) => {
    failure ??= bug(`The GPU reported an error: ${error.message}`);
  });

  const pipelines = new Map<string, Promise<GPUComputePipeline>>();
  const uniforms = new Map<string, GPUBuffer>();
  const stagingPool: GPUBuffer[] = [];
  const live = new Set<GPUBuffer>();
  const gpuOf = (buffer: ComputeBuffer) => (buffer as GpuBuffer).gpu;

  function pipelineOf(kernel: Kernel, constants: Constants): Promise<GPUComputePipeline> {
    const key = `${kernel.id} ${JSON.stringify(constants)}`;
    let pipeline = pipelines.get(key);
    if (!pipeline) pipelines.set(key, (pipeline = compile(device, kernel, constants)));
    return pipeline;
  }

  function uniformOf(key: string, params: Uint32Array<ArrayBuffer>): GPUBuffer {
    let uniform = uniforms.get(key);
    if (!uniform) {
      const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
      uniforms.set(key, (uniform = device.createBuffer({ size: params.byteLength, usage })));
    }
    device.queue.writeBuffer(uniform, 0, params);
    return uniform;
  }

  function takeStaging(size: number): GPUBuffer {
    const at = stagingPool.findIndex((buffer) => buffer.size >= size && buffer.size <= 2 * size);
    const [found] = at < 0 ? [] : stagingPool.splice(at, 1);
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    return found ?? device.createBuffer({ size, usage });
  }

  function returnStaging(buffer: GPUBuffer): void {
    stagingPool.unshift(buffer);
    while (stagingPool.length > 4) stagingPool.pop()?.destroy();
  }

  const compute: Compute & { lost: Promise<AppError> } = {
    kind: 'webgpu',
    adapter,
    software,
    lost,
    async buffer(bytes) {
      if (failure) throw failure;
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
      device.pushErrorScope('out-of-memory');
      device.pushErrorScope('validation');
      const gpu = device.createBuffer({ size: Math.max(4, Math.ceil(bytes / 4) * 4), usage });
      const scopes = [device.popErrorScope(), device.popErrorScope()];
      const error = (await Promise.all(scopes)).find(Boolean);
      if (error)
        throw new AppError(
          'QuotaFull',
          `The GPU has no room for a buffer of ${bytes} bytes (${error.message}). Close other tabs that use the GPU and try again.`,
        );
      live.add(gpu);
      return { bytes, gpu };
    },
    async adopt(words) {
      const buffer = await compute.buffer(words.byteLength);
      compute.write(buffer, 0, asBytes(words));
      release(asBytes(words));
      return buffer;
    },
    write(buffer, offsetBytes, data) {
      const whole = data.byteLength & ~3;
      if (whole) device.queue.writeBuffer(gpuOf(buffer), offsetBytes, data, 0, whole);
      if (whole === data.byteLength) return;
      const rest = new Uint8Array(4);
      rest.set(data.subarray(whole));
      device.queue.writeBuffer(gpuOf(buffer), offsetBytes + whole, rest);
    },
    clear(buffer) {
      const encoder = device.createCommandEncoder();
      encoder.clearBuffer(gpuOf(buffer));
      device.queue.submit([encoder.finish()]);
    },
    copy(from, to, bytes, at = {}) {
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(gpuOf(from), at.from ?? 0, gpuOf(to), at.to ?? 0, bytes);
      device.queue.submit([encoder.finish()]);
    },
    async dispatch({ kernel, constants = {}, buffers, params, threads, rows = 1 }) {
      if (threads === 0 || rows === 0) return;
      const pipeline = await pipelineOf(kernel, constants);
      if (failure) throw failure;
      const resources = [...buffers.map(gpuOf), uniformOf(kernel.id, params)];
      const bindGroup = device.createBindGroup({
        layout: pipeline.getBindGroupLayout(0),
        entries: resources.map((buffer, binding) => ({ binding, resource: { buffer } })),
      });
      const groups = Math.ceil(threads / workgroupSize);
      const x = Math.min(groups, maxGroupsPerDimension);
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(x, Math.ceil(groups / x), rows);
      pass.end();
      device.queue.submit([encoder.finish()]);
    },
    async read(ranges) {
      if (failure) throw failure;
      const sizes = ranges.map(({ bytes }) => Math.ceil(bytes / 4) * 4);
      const staging = takeStaging(
        Math.max(
          4,
          sizes.reduce((sum, size) => sum + size, 0),
        ),
      );
      const encoder = device.createCommandEncoder();
      let at = 0;
      ranges.forEach(({ buffer }, i) => {
        const size = sizes[i] ?? 0;
        if (size) encoder.copyBufferToBuffer(gpuOf(buffer), 0, staging, at, size);
        at += size;
      });
      device.queue.submit([encoder.finish()]);
      try {
        await staging.mapAsync(GPUMapMode.READ);
      } catch (error) {
        await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, 500))]);
        throw failure ?? bug(`Reading back from the GPU failed: ${String(error)}`);
      }
      const mapped = staging.getMappedRange();
      at = 0;
      const words = sizes.map((size) => new Uint32Array(mapped.slice(at, (at += size))));
      staging.unmap();
      returnStaging(staging);
      if (failure) throw failure;
      return words;
    },
    view: (ranges) => compute.read(ranges),
    free(buffer) {
      if (live.delete(gpuOf(buffer))) gpuOf(buffer).destroy();
    },
    async take(buffer) {
      const [words] = await compute.read([{ buffer, bytes: buffer.bytes }]);
      compute.free(buffer);
      return words!;
    },
    get liveBuffers() {
      return live.size;
    },
    get liveBytes() {
      return [...live].reduce((sum, { size }) => sum + size, 0);
    },
    maxBufferBytes: Math.min(
      device.limits.maxBufferSize,
      device.limits.maxStorageBufferBindingSize,
    ),
    device: {
      gpu: device,
      info,
      bufferOf: gpuOf,
      borrow: (gpu, bytes) => ({ bytes, gpu }) as GpuBuffer,
    },
  };
  return compute;
}

async function compile(
  device: GPUDevice,
  kernel: Kernel,
  constants: Constants,
): Promise<GPUComputePipeline> {
  const module = device.createShaderModule({ label: kernel.id, code: kernel.wgsl });
  const { messages } = await module.getCompilationInfo();
  const errors = messages.filter(({ type }) => type === 'error');
  if (errors.length > 0) {
    const lines = errors.map(({ lineNum, message }) => `line ${lineNum}: ${message}`);
    throw bug(`Kernel ${kernel.id} does not compile: ${lines.join('; ')}`);
  }
  const compute = { module, entryPoint: 'main', constants: { ...constants } };
  return device.createComputePipelineAsync({ label: kernel.id, layout: 'auto', compute });
}
