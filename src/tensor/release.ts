const nowhere = new MessageChannel();
nowhere.port2.close();

/** Below it the message costs more than the memory that waits for the garbage collector. */
const leastBytes = 65_536;

/**
 * Frees the memory behind bytes at once, unless they are few; they are lost to the caller. Sent to a closed port they die with the message: over
 * 1,600 reads of 4 MiB Chromium's peak was 92 MB, 934 MB when left to the garbage collector, 6.7 GB with transfer(0).
 */
export function release({ buffer }: ArrayBufferView<ArrayBuffer>): void {
  if (buffer.byteLength >= leastBytes) nowhere.port1.postMessage(null, [buffer]);
}

/** The bytes of words or floats. */
export function asBytes(values: ArrayBufferView<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
