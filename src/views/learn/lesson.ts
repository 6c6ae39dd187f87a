import type { Component } from 'svelte';
import { tunedTasks } from '../../state/labModels.ts';
import type { LabInfo } from '../../api/lab.ts';
import type { PartName } from './overview.ts';

/** What a lesson is shown with, once its models are loaded. */
export interface LessonProps {
  lesson: Lesson;
  info: LabInfo;
  /** Colour and shape of each task of `info`. */
  slots: readonly number[];
}

/** One idea, one live figure, one thing to do. */
export interface Lesson {
  title: string;
  /** On the step that leads to it: a word or two. */
  short: string;
  /** What it is about, of the picture over every lesson. */
  part: PartName;
  /** The idea in a few plain sentences, on screen before the models are. */
  lead: string;
  component: Component<LessonProps>;
}

/** A task with a fine-tune of its own: its number, its names, its colour and shape. */
export interface LessonTask {
  at: number;
  id: string;
  label: string;
  slot: number;
}

/** The tasks that a lesson has fine-tunes of. */
export function lessonTasks(info: LabInfo, slots: readonly number[]): LessonTask[] {
  return tunedTasks(info).map((at) => {
    const { id = '', label = '' } = info.tasks[at] ?? {};
    return { at, id, label, slot: slots[at] ?? at };
  });
}
