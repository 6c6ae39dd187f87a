import { badFile } from '../../errors.ts';
import type { SourceFile } from '../../formats/source.ts';

/** Files that an archive holds, one after the other, within the room; throws BadFile. */
export type OpenArchive = (archive: SourceFile, room: Room) => AsyncIterable<SourceFile>;

/** Most bytes of an archive's files together, unpacked: SUN397 has 37 GB. */
export const maxUnpackedBytes = 64e9;
/** A small archive may hold so much; a larger one so many times its size, which no photographs or texts come to. */
const smallBytes = 1e9;
const mostRatio = 100;
/** Most files of an archive. */
export const maxUnpackedFiles = 2e6;

/** What the files of an archive may take together. */
export class Room {
  #bytes = 0;
  #files = 0;

  constructor(
    readonly archive: string,
    readonly most = maxUnpackedBytes,
  ) {}

  /** What an archive of so many bytes has. */
  static of(archive: string, bytes: number): Room {
    return new Room(archive, Math.min(maxUnpackedBytes, Math.max(smallBytes, mostRatio * bytes)));
  }

  /** Throws BadFile where bytes, or files, are more than there is room for. */
  take(bytes: number, files = 0): void {
    this.#bytes += bytes;
    this.#files += files;
    if (this.#bytes <= this.most && this.#files <= maxUnpackedFiles) return;
    throw badFile(
      `${this.archive} unpacks to more than ${this.most} bytes or ${maxUnpackedFiles} files. Take a part: a few examples per class are enough.`,
    );
  }
}

const pieceBytes = 8 * 1024 ** 2;

/** A stream as a Blob, of which 8 MiB are held at a time; throws BadFile beyond the room. */
export async function gather(stream: ReadableStream<Uint8Array>, room: Room): Promise<Blob> {
  const pieces: Blob[] = [];
  let held: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  const put = () => {
    pieces.push(new Blob(held));
    [held, bytes] = [[], 0];
  };
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    room.take(value.length);
    held.push(value.slice());
    bytes += value.length;
    if (bytes >= pieceBytes) put();
  }
  put();
  return pieces.length === 1 ? pieces[0]! : new Blob(pieces);
}

const hidden = /(?:^|\/)(?:\.[^/]|__MACOSX\/|PaxHeader\/)/;

/** Whether a system, not a person, put a file there. */
export const isHidden = (path: string) => hidden.test(path);

/** The path of a file in an archive, with slashes; throws BadFile for one that leads out of it. */
export function pathInside(archive: string, name: string): string {
  const path = name.replaceAll('\\', '/').replace(/^(?:\.\/)+/, '');
  if (!/^\/|^[a-z]:|(?:^|\/)\.\.(?:\/|$)|\0/i.test(path)) return path;
  throw badFile(
    `${archive} holds the name ${JSON.stringify(name.slice(0, 200))}, which leads out of it. Pack the folder anew, with names below it.`,
  );
}
