/** Whether keys ask to take something back, Ctrl+Z or ⌘Z; where text is typed it is the browser's own. */
export function asksToUndo({ key, ctrlKey, metaKey, shiftKey, altKey, target }: KeyboardEvent) {
  const keys = key.toLowerCase() === 'z' && (ctrlKey || metaKey) && !shiftKey && !altKey;
  return keys && !takesText(target);
}

const takesText = (target: EventTarget | null): boolean =>
  target instanceof Element &&
  target.matches('textarea, input:not([type="checkbox"], [type="radio"], [type="range"])');
