import Interference from './Interference.svelte';
import type { Lesson } from './lesson.ts';
import Localize from './Localize.svelte';
import Stitch from './Stitch.svelte';
import TakeHome from './TakeHome.svelte';
import Negation from './Negation.svelte';
import TaskVector from './TaskVector.svelte';

/** The lessons in order; the number of each is its place, from 1. */
export const lessons: readonly Lesson[] = [
  {
    title: 'What fine‑tuning changed',
    short: 'Task vector',
    part: 'vector',
    lead: 'Fine-tuning moves every weight of a model a little. All these moves together are what the model learned about its task.',
    component: TaskVector,
  },
  {
    title: 'Adding and negating',
    short: 'Add, negate',
    part: 'sum',
    lead: 'What one model learned can be added to another. It can also be taken away.',
    component: Negation,
  },
  {
    title: 'Interference',
    short: 'Interference',
    part: 'overlap',
    lead: 'Two tasks that move the same weights in different ways spoil each other. The more each one moves, the more they meet.',
    component: Interference,
  },
  {
    title: 'Localize',
    short: 'Localize',
    part: 'mask',
    lead: 'A mask lets only a part of a fine-tune’s changes through. Which ones it picks decides how much of the skill comes along.',
    component: Localize,
  },
  {
    title: 'Stitch',
    short: 'Stitch',
    part: 'stitch',
    lead: 'One model for all tasks: each brings its few masked weights, and nothing else changes. Compare with the ways that change every weight.',
    component: Stitch,
  },
  {
    title: 'Take it home',
    short: 'Take home',
    part: 'files',
    lead: 'What was stitched here is yours to keep: as one merged file, as a small patch for each task, and as the recipe that makes both again.',
    component: TakeHome,
  },
];
