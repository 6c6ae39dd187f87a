import { expose } from 'comlink';
import { sweep } from '../storage/sweep.ts';
import { api } from './api.ts';
import { transferErrors } from './errorTransfer.ts';

transferErrors();
expose(api);
void sweep();
