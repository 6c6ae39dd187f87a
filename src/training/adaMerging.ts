import type { Task } from '../models/task.ts';
import { learnCoefficients, entropy } from './coefficients.ts';
import type { Learner } from './learner.ts';

/** Coefficients that make the merged model sure of its answers. */
export const entropyLearner: Learner = {
  stage: 'Learning coefficients',
  needs:
    'Examples of every task; their labels are not looked at, but where a language model answers.',
  run: (input, host) => learnCoefficients(input, host, entropyOf),
};

/** Of classes, or where the model of a task has words, of those at the places that are told. */
function entropyOf({ blocks, loss, entropy: words }: Task): Pick<Task, 'blocks' | 'loss'> {
  return words ? { blocks: [...blocks.slice(0, -1), words], loss } : { blocks, loss: entropy };
}

/** Coefficients that make the merged model's answers right. */
export const supervisedLearner: Learner = {
  stage: 'Learning coefficients',
  needs: 'Labelled examples of every task.',
  run: (input, host) => learnCoefficients(input, host, ({ blocks, loss }) => ({ blocks, loss })),
};
