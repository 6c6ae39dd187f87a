import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    deep: boolean;
  }
}

/** Whether the deep suite runs, in which no list of cases is shortened. */
export const deep = inject('deep');
