/** What a recipe may call a checkpoint by. */
export interface Named {
  id?: string;
  name: string;
  formerIds?: readonly string[];
  formerNames?: readonly string[];
}

/** The last part of a path, or of a name on the Hub. */
export function lastPart(reference: string): string {
  return reference.split(/[\\/]+/).findLast((part) => part !== '') ?? '';
}

/**
 * The checkpoint that a recipe means: by its name, a content id, a name that it alone had before, or by a path or a name on the
 * Hub that ends in one of these names; null where there is none.
 */
export function findNamed<T extends Named>(checkpoints: readonly T[], reference: string): T | null {
  const last = lastPart(reference);
  const called = (by: string) => checkpoints.find(({ name }) => name === by);
  const formerly = (by: string) => {
    const [only, ...more] = checkpoints.filter(({ formerNames }) => formerNames?.includes(by));
    return more.length === 0 ? only : undefined;
  };
  return (
    called(reference) ??
    checkpoints.find(
      ({ id, formerIds = [] }) => id === reference || formerIds.includes(reference),
    ) ??
    formerly(reference) ??
    called(last) ??
    formerly(last) ??
    null
  );
}
