import { chosenEngine, requestCompute, setEngine } from '../jobs/requestCompute.ts';
import { identify, identifyInPauses } from '../storage/identify.ts';
import { deleteCheckpoint, getBase, renameCheckpoint, setBase } from '../storage/checkpoints.ts';
import { deleteData } from '../storage/dataSets.ts';
import { weightArchives } from '../formats/weightArchives.ts';
import { hasWebGpu } from '../gpu/webgpu.ts';
import { storageEstimate } from '../storage/quota.ts';
import { deleteRun } from '../storage/runs.ts';
import { cutOffBytes, freeCutOff } from '../storage/journal.ts';
import { onLibraryChange } from '../storage/tabs.ts';
import { addData, data, previewData } from '../library/dataSets.ts';
import { checkData } from '../tasks/checkData.ts';
import { demoBytes, keepDemos } from '../library/demo/keepDemos.ts';
import { loadDemo } from '../library/demo/loadDemo.ts';
import { cancelJob, pauseJob } from '../jobs/jobs.ts';
import { lab } from '../lab/lab.ts';
import {
  family,
  checkStored,
  handlesOf,
  ingestCandidate,
  inspect,
  library,
  preflightOf,
  tensors,
} from '../library/library.ts';
import { localizerInfos } from './localizerInfos.ts';
import { budgetInfo, setMemoryBudget } from '../jobs/memoryBudget.ts';
import { methodInfos } from './methodInfos.ts';
import { predictions } from '../runs/evaluation/predictions.ts';
import { scoreAcross } from '../runs/evaluation/scoreAcross.ts';
import { lora } from '../runs/lora.ts';
import { keepOutcome, recallOutcomes } from '../runs/outcomes.ts';
import { outputs } from '../runs/outputs.ts';
import { adapter, patch, whyNoAdapter } from '../runs/patches.ts';
import { taskPresets } from '../tasks/taskPresets.ts';
import { result, run, runs } from '../runs/runs.ts';
import type { EngineApi } from '../api/engine.ts';

/** What the worker does for the page. */
export const api: EngineApi = {
  async status() {
    const { kind, adapter, software } = await requestCompute();
    const localizing = kind === 'webgpu' && !software ? 'webgpu' : 'wasm';
    const asked = [hasWebGpu(), chosenEngine(), storageEstimate()] as const;
    const [hasGpu, choice, storage] = await Promise.all(asked);
    return { kind, adapter, software, choice, hasGpu, localizing, storage };
  },
  async methods() {
    return methodInfos();
  },
  inspect,
  async weightArchives(archives) {
    return weightArchives(archives.map(({ path, file }) => ({ path, blob: file })));
  },
  preflight: preflightOf,
  ingest: ingestCandidate,
  async identify(id) {
    return (await identify(id, new AbortController().signal)).id;
  },
  identifyAll: identifyInPauses,
  handles: handlesOf,
  loadDemo,
  demoBytes,
  keepDemos,
  library,
  cutOffBytes,
  freeCutOff,
  rename: renameCheckpoint,
  remove: deleteCheckpoint,
  checkCopy: checkStored,
  tensors,
  family,
  base: getBase,
  setBase,
  run,
  runs,
  result,
  removeRun: deleteRun,
  scoreAcross,
  predictions,
  outputs,
  patch,
  adapter,
  lora,
  whyNoAdapter,
  recallOutcomes,
  keepOutcome,
  async cancel(job) {
    cancelJob(job);
  },
  async pause(job, paused) {
    pauseJob(job, paused);
  },
  memoryBudget: budgetInfo,
  setMemoryBudget,
  setEngine,
  async localizers() {
    return localizerInfos();
  },
  async presets() {
    return taskPresets();
  },
  data,
  addData,
  removeData: deleteData,
  previewData,
  checkData,
  lab,
  async watch(onChange) {
    onLibraryChange(onChange);
  },
};
