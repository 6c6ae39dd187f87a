import { transferHandlers } from 'comlink';
import { AppError, bug, type ErrorKind, toAppError } from '../errors.ts';

/** Lets AppErrors cross between page and worker with their kind; both sides call it once. */
export function transferErrors(): void {
  const thrown = transferHandlers.get('throw');
  if (!thrown) throw bug('Comlink has no handler for errors.');
  transferHandlers.set('throw', {
    canHandle: thrown.canHandle,
    serialize({ value }: { value: unknown }) {
      const { kind, message } = toAppError(value);
      return [{ kind, message }, []];
    },
    deserialize({ kind, message }: { kind: ErrorKind; message: string }): never {
      throw new AppError(kind, message);
    },
  });
}
