import { clipNamings } from './clip.ts';
import type { Naming } from './naming.ts';
import { textNamings } from './text.ts';
import { vitNamings } from './vit.ts';
import { whisperNamings } from './whisper.ts';
import { wrappedNamings } from './wrapped.ts';

/** Every naming that is known; of two that tell one tensor the first counts. */
export const namings: readonly Naming[] = [
  ...wrappedNamings,
  ...clipNamings,
  ...vitNamings,
  ...textNamings,
  ...whisperNamings,
];
