/** What something is called on screen; its id, when it is not in the list. */
export function labelOf(list: readonly { id: string; label: string }[], id: string): string {
  return list.find((each) => each.id === id)?.label ?? id;
}
