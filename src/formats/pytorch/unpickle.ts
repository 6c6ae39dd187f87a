import type { PickleBytes } from './pickleBytes.ts';
import { PickleMachine, type PickleHost } from './pickleMachine.ts';
import { opcodes } from './pickleOpcodes.ts';
import type { PickleValue } from './pickleValues.ts';

/** Reads one pickle, from the cursor to its STOP, into inert values. Throws BadFile. */
export function unpickle(bytes: PickleBytes, host: PickleHost): PickleValue {
  const machine = new PickleMachine(bytes, host);
  for (;;) {
    const at = (machine.at = bytes.at);
    const code = bytes.u8();
    if (code === 0x2e) return machine.pop();
    const step = opcodes.get(code);
    if (!step) {
      host.refuse();
      const hex = `0x${code.toString(16).padStart(2, '0')}`;
      throw machine.bad(`uses the opcode ${hex}, which torch.save does not write`, at);
    }
    step(machine);
  }
}
