/** Shapes in a 12 × 12 box, the second channel beside a task's colour; those that are hollow are cut out by even-odd. */
const shapes = [
  'M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1Z',
  'M1.5 1.5h9v9h-9Z',
  'M6 1 11.5 10.5H.5Z',
  'M6 0 12 6 6 12 0 6Z',
  'M4.3 1h3.4v3.3H11v3.4H7.7V11H4.3V7.7H1V4.3h3.3Z',
  'M3 .6 6 3.6l3-3L11.4 3l-3 3 3 3L9 11.4l-3-3-3 3L.6 9l3-3-3-3Z',
  'M6 11 .5 1.5h11Z',
  'M3 1h6l3 5-3 5H3L0 6Z',
  'M6 .3 7.7 4.2l4.2.4-3.2 2.8 1 4.2L6 9.4l-3.7 2.2 1-4.2L.1 4.6l4.2-.4Z',
  'M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1Zm0 2.6a2.4 2.4 0 1 0 0 4.8 2.4 2.4 0 0 0 0-4.8Z',
  'M1.5 1.5h9v9h-9Zm2.3 2.3v4.4h4.4V3.8Z',
  'M6 0 12 6 6 12 0 6Zm0 3.2L3.2 6 6 8.8 8.8 6Z',
];

/** A task or its model by name, and the slot of its colour and shape. */
export interface Mark {
  label: string;
  slot: number;
}

/** Number of tasks that have a colour and a shape of their own. */
export const taskSlots = shapes.length;

/**
 * Slots whose marks are unlike each other, as long as there are enough: one whose mark is taken, and one that is null, gets
 * the first that is free.
 */
export function unlikeSlots(slots: readonly (number | null)[]): number[] {
  const taken = new Set<number>();
  const take = (slot: number) => taken.add(slot % taskSlots) && slot;
  const own = slots.map((slot) =>
    slot === null || taken.has(slot % taskSlots) ? null : take(slot),
  );
  const marks = Array.from({ length: taskSlots }, (_, slot) => slot);
  return own.map((slot, i) => slot ?? take(marks.find((mark) => !taken.has(mark)) ?? i));
}

/** SVG path of the shape of task `slot` (from 0; comes round after the last). */
export function taskShape(slot: number): string {
  return shapes[slot % taskSlots] ?? '';
}

/** CSS colour of task `slot` in the theme that is on. */
export function taskColour(slot: number): string {
  return `var(--task-${(slot % taskSlots) + 1})`;
}
