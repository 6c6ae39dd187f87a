import { bug } from '../../errors.ts';
import { createJob } from '../../jobs/jobs.ts';
import type { FindData, StoredData } from '../../storage/dataSets.ts';
import { planOf, untiedIn } from '../planOf.ts';
import type { PlannedRun } from '../planRun.ts';
import { createRunTools } from '../runTools.ts';
import type { ScoredRun } from './scoreBook.ts';
import { createScorer, type Scorer } from './scorer.ts';

/** What a thread makes its plan of, and what it scores. */
export interface ScorerInput
  extends Pick<PlannedRun, 'id' | 'recipe' | 'checkpoints'>, Pick<ScoredRun, 'maskIds'> {
  chunkElements: number;
  /** All that the recipe names. */
  data: readonly StoredData[];
}

/** Its thread ends when it is cancelled. */
const job = createJob();
let scorer: Scorer;

/** One of several threads that score models on the CPU. */
export const scorerThread = {
  open(input: ScorerInput, threads: number): void {
    const { recipe, checkpoints, chunkElements, data } = input;
    const findData: FindData = async (name) => {
      const found = data.find((each) => each.name === name);
      if (found) return found;
      throw bug(`The data ${name} were not handed to this thread.`);
    };
    const plan = planOf(recipe, checkpoints, chunkElements);
    const tools = { threads, untied: untiedIn(plan) };
    scorer = createScorer({
      ...input,
      findData,
      plan,
      tools: createRunTools(recipe, checkpoints, findData, tools),
      control: job.control,
    });
  },

  pause: (paused: boolean) => job.setPaused(paused),

  score: (...of: Parameters<Scorer>) => scorer(...of),
};

export type ScorerThread = typeof scorerThread;
