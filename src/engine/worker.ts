import { expose } from 'comlink';
import { identifyInPauses } from '../storage/identify.ts';
import { sweepScratchFiles } from '../storage/scratchFile.ts';
import { sweep } from '../storage/sweep.ts';
import { api } from './api.ts';
import { transferErrors } from '../api/errorTransfer.ts';

transferErrors();
expose(api);
void sweep();
void sweepScratchFiles();
void identifyInPauses();
