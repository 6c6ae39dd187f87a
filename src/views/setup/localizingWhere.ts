import type { EngineStatus } from '../../api/status.ts';

/** Says where localizing runs when that is not the GPU, and why; null when it is. */
export function slowWhere(
  status: Pick<EngineStatus, 'kind' | 'adapter' | 'software' | 'localizing'> | null,
): string | null {
  if (!status) return null;
  if (status.localizing === 'wasm') {
    const reason = status.kind === 'cpu' ? status.adapter : 'this GPU is software';
    return `Localizing runs on the CPU (WebAssembly): ${reason}.`;
  }
  return status.software ? 'Localizing runs on a software GPU: correct, but slow.' : null;
}
