import type { Compute } from '../gpu/compute.ts';
import type { Allocate, Slot } from './chunkStream.ts';
import { joinedElements } from './joinChunks.ts';
import type { MergePlan } from './plan.ts';

/** Chunks in buffers at once: on a GPU one is read and uploaded while the other computes and is read back. */
const slotCounts = { webgpu: 2, cpu: 1 } as const;

/** Buffers for the chunks in flight. */
export async function allocateSlots(
  plan: MergePlan,
  { kind }: Pick<Compute, 'kind'>,
  allocate: Allocate,
): Promise<Slot[]> {
  const { method, models, chunks, groups } = plan;
  const most = chunks.reduce((most, chunk) => Math.max(most, chunk.elements), 32);
  const all = chunks.reduce((sum, chunk) => sum + chunk.elements, 0);
  const elements = Math.max(most, Math.min(all, joinedElements(plan)));
  const maskBytes = Math.ceil(elements / 32) * 4;
  const rows = Math.max(1, models, groups[0]?.ranks.length ?? 0);
  const pairs = method.mask === 'balance' ? models ** 2 : 0;
  const slots: Slot[] = [];
  for (let i = 0; i < Math.min(slotCounts[kind], chunks.length); i++)
    slots.push({
      weights: await allocate((models + (method.matrix ? 2 : 1)) * elements * 4),
      inputs: await allocate((models + 1 + pairs) * 16),
      keys: await allocate((rows + 1 + pairs) * 16),
      masks: await allocate(rows * maskBytes),
      ties: await allocate(rows * maskBytes),
      out: await allocate(elements * 4),
      changed: await allocate(maskBytes),
      done: Promise.resolve(),
    });
  return slots;
}
