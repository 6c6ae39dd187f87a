import { AppError } from '../../errors.ts';
import type { LabApi } from './types.ts';

const closed = async (): Promise<never> => {
  throw new AppError('Unsupported', 'No models are open. Open the demo, or models with data.');
};

/** Models in memory, one set at a time. */
export const lab: LabApi = {
  open: closed,
  async close() {},
  score: closed,
  async stop() {},
  changed: closed,
  find: closed,
  vector: closed,
  overlap: closed,
  owners: closed,
  answer: closed,
  pictures: closed,
};
