export type ErrorKind =
  | 'BadFile'
  | 'Unsupported'
  | 'Incompatible'
  | 'QuotaFull'
  | 'NoGpu'
  | 'DeviceLost'
  | 'WorkerLost'
  | 'Cancelled'
  | 'Bug';

/** The one error of the app: `message` says what, where, the value met and the remedy, as shown to the user. */
export class AppError extends Error {
  override readonly name = 'AppError';

  constructor(
    readonly kind: ErrorKind,
    message: string,
    cause?: unknown,
  ) {
    super(cut(message), { cause });
  }
}

/** Most characters of a message: what was met may be as long as a file. */
const mostCharacters = 3000;
/** Of its end, where the remedy stands. */
const lastCharacters = 600;

function cut(message: string): string {
  if (message.length <= mostCharacters) return message;
  const head = message.slice(0, mostCharacters - lastCharacters - 3);
  return `${head} … ${message.slice(-lastCharacters)}`;
}

export const badFile = maker('BadFile');
export const incompatible = maker('Incompatible');
export const unsupported = maker('Unsupported');
export const bug = maker('Bug');

function maker(kind: ErrorKind) {
  return (message: string, cause?: unknown) => new AppError(kind, message, cause);
}

/** Makes the errors of one thing that is read, by its fault. */
export type Fail = (fault: string) => AppError;

/** BadFile for a fault of `what`, with the remedy of all its faults. */
export function faultsOf(what: string, remedy: string): Fail {
  return (fault) => badFile(`${what} ${fault}. ${remedy}`);
}

/** Throws `Cancelled` when the signal is aborted. */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError('Cancelled', 'Cancelled.');
}

/** Whether a storage call failed for lack of space; browsers differ in class, but agree on the name. */
export function isQuotaError(thrown: unknown): boolean {
  if (!(thrown instanceof Error || thrown instanceof DOMException)) return false;
  return thrown.name === 'QuotaExceededError' || isQuotaError(thrown.cause);
}

/** What is said where the disk is full; `what` goes on after "no room left". */
export const noRoom = (what: string) =>
  `The browser has no room left ${what} Everything stored earlier is intact. ` +
  `Delete checkpoints, results or unfinished copies that are no longer needed, or free space on the disk, then try again.`;

/** What browsers say of a script that is loaded when it is needed and does not arrive. */
const failedImport = /dynamically imported module|[Ii]mporting a module script failed/;
const noPart =
  'A part of the app could not be loaded: there is no connection. Connect to the network, reload the page and try again.';

/** Any thrown value as an AppError; what is not one already is a `Bug`. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (isQuotaError(thrown)) return new AppError('QuotaFull', noRoom('for this.'), thrown);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (failedImport.test(message)) return badFile(noPart, thrown);
  return new AppError('Bug', `Something unforeseen happened: ${message}`, thrown);
}

/** A value out of a file as messages tell it: the start of its JSON. */
export function shownJson(value: unknown): string {
  try {
    return JSON.stringify(value ?? null).slice(0, 60);
  } catch {
    return 'what nests too deep to be shown';
  }
}
