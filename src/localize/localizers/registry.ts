import type { Localizer } from '../localizer.ts';
import { dataless } from './dataless.ts';
import { grafting } from './grafting.ts';
import { hard } from './hard.ts';
import { joint } from './joint.ts';
import { paper } from './paper.ts';
import { random } from './random.ts';
import { reference } from './reference.ts';
import { scaled } from './scaled.ts';

/** By the names recipes use. The first is the default with data of one task. */
export const localizers = {
  scaled,
  joint,
  hard,
  paper,
  reference,
  grafting,
  dataless,
  random,
} satisfies Record<string, Localizer>;

/** The localizer of this name, undefined when there is none. */
export function localizerOf(id: string): Localizer | undefined {
  const all: Record<string, Localizer> = localizers;
  return Object.hasOwn(all, id) ? all[id] : undefined;
}
