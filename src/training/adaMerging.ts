import { learnCoefficients, entropy } from './coefficients.ts';
import type { Learner } from './learner.ts';

/** Coefficients that make the merged model sure of its answers. */
export const entropyLearner: Learner = {
  stage: 'Learning coefficients',
  needs: 'Examples of every task; their labels are not looked at.',
  classesOnly: true,
  run: (input, host) => learnCoefficients(input, host, () => entropy),
};

/** Coefficients that make the merged model's answers right. */
export const supervisedLearner: Learner = {
  stage: 'Learning coefficients',
  needs: 'Labelled examples of every task.',
  classesOnly: false,
  run: (input, host) => learnCoefficients(input, host, ({ loss }) => loss),
};
