import { expose } from 'comlink';
import { scorerThread } from '../runs/evaluation/scorerThread.ts';
import { threadName } from '../runs/evaluation/scorers.ts';
import { identifyInPauses } from '../storage/identify.ts';
import { sweepScratchFiles } from '../storage/scratchFile.ts';
import { sweep } from '../storage/sweep.ts';
import { api } from './api.ts';
import { showLife } from '../life.ts';
import { transferErrors } from '../api/errorTransfer.ts';

transferErrors();
void showLife();
if (self.name === threadName) expose(scorerThread);
else {
  expose(api);
  void sweep();
  void sweepScratchFiles();
  void identifyInPauses();
}
