import { incompatible, throwIfCancelled } from '../errors.ts';
import { epochBatches } from '../data/batches.ts';
import { lossOfRows, type Task, type Trained } from '../models/task.ts';
import type { ScopeArrays } from '../scope/scopeArrays.ts';
import type { LocalizeInput, Localized, Snapshot, SnapshotStore, Workplace } from './contract.ts';
import type { TaskMask } from '../scope/masks.ts';

/** One localizer at work: what it does before, after and between batches. */
export interface Optimiser<Name extends string> {
  arrays: ScopeArrays<Name>;
  /** Arrays that a snapshot holds. */
  kept: readonly Name[];
  /** Scalars that a snapshot holds. */
  numbers: Record<string, number>;
  notes: string[];
  /** Sets the arrays to their start. */
  start(): Promise<void>;
  source(task: number): Trained;
  /** After the gradients of a batch; `epochLoss` is the mean loss of the epoch's batches when this was its last. */
  step(epochLoss: number | null): Promise<void>;
  /** Density and histogram of the masks as they are. */
  live(): { density: number; histogram: number[] };
  masks(): Promise<TaskMask[]>;
  /** Of each mask: the values of which the largest are held, over the scope. */
  scores(): Promise<Float32Array<ArrayBuffer>[]>;
  dispose(): Promise<void>;
}

const defaultSnapshotMs = 10_000;

/** Takes an optimiser through its epochs, from the last snapshot when there is one. */
export async function optimise<Name extends string>(
  optimiser: Optimiser<Name>,
  input: LocalizeInput,
  host: Workplace,
): Promise<Localized> {
  const { tf } = host.tensors;
  const { epochs, batchSize, seed } = input.settings;
  const tasks = input.masks.map(({ task }) => task);
  const sizes = tasks.map(({ train }) => train?.size ?? 0);
  const perEpoch = epochBatches(sizes, batchSize, 0, seed).length;
  const steps = perEpoch * epochs;
  const { snapshots } = host;
  const snapshot = await snapshots?.read();
  if (snapshots && snapshot) await restore(optimiser, snapshots, snapshot);
  else await optimiser.start();
  const losses = [...(snapshot?.losses ?? [])];
  let right = 0;
  let seen = 0;
  let accuracy: number | null = null;
  let saved = performance.now();
  const times: number[] = [];

  for (let step = snapshot?.step ?? 0; step < steps; step++) {
    throwIfCancelled(host.signal);
    await host.resumed();
    const started = performance.now();
    const epoch = Math.floor(step / perEpoch);
    const last = (step + 1) % perEpoch === 0;
    const { task: u, rows } = epochBatches(sizes, batchSize, epoch, seed)[step % perEpoch]!;
    const task = tasks[u]!;
    const segments = host.segments(task.blocks);
    const result = await lossOfRows(tf, task, segments, rows, optimiser.source(u));
    checkLoss(result.loss, task, step, losses);
    losses.push(result.loss);
    await optimiser.step(last ? mean(losses.slice(-perEpoch)) : null);

    right += countRight(result.output, rows, task);
    seen += rows.length;
    if (last) [accuracy, right, seen] = [isLabelled(tasks) ? right / seen : null, 0, 0];
    times.push((performance.now() - started) / 1000);
    host.onProgress({
      epoch,
      epochs,
      step: step + 1,
      steps,
      losses,
      accuracy,
      ...optimiser.live(),
      secondsPerStep: median(times.slice(-20)),
      notes: [...host.notes, ...optimiser.notes],
    });
    if (
      snapshots &&
      last &&
      step + 1 < steps &&
      performance.now() - saved >= (host.snapshotEveryMs ?? defaultSnapshotMs)
    ) {
      await save(optimiser, snapshots, { step: step + 1, losses, numbers: optimiser.numbers });
      saved = performance.now();
    }
  }
  return {
    masks: await optimiser.masks(),
    ...(input.keepScores && { scores: await optimiser.scores() }),
    losses,
    steps,
    notes: [...host.notes, ...optimiser.notes],
  };
}

function checkLoss(loss: number, { name }: Task, step: number, losses: readonly number[]): void {
  if (Number.isFinite(loss)) return;
  const before = losses.at(-1);
  throw incompatible(
    `The loss of ${name} is ${loss} at step ${step + 1}${before === undefined ? '' : ` (it was ${before.toPrecision(3)} before)`}. Its masks of the last snapshot are kept. Try a smaller learning rate, or another localizer; at the first step, look for NaN weights in the checkpoints.`,
  );
}

async function restore<Name extends string>(
  { arrays, kept, numbers }: Optimiser<Name>,
  snapshots: SnapshotStore,
  snapshot: Snapshot,
): Promise<void> {
  Object.assign(numbers, snapshot.numbers);
  for (const t of arrays.scope.keys())
    for (const name of kept) await arrays.fill(t, name, await snapshots.part(`${t}/${name}`));
}

async function save<Name extends string>(
  { arrays, kept }: Optimiser<Name>,
  snapshots: SnapshotStore,
  snapshot: Snapshot,
): Promise<void> {
  for (const t of arrays.scope.keys())
    for (const name of kept) await snapshots.put(`${t}/${name}`, await arrays.content(t, name));
  await snapshots.commit({
    ...snapshot,
    losses: [...snapshot.losses],
    numbers: { ...snapshot.numbers },
  });
}

const isLabelled = (tasks: readonly Task[]) => tasks.every(({ labels }) => labels.length > 0);

/** How many rows of logits are largest at their label. */
function countRight(
  output: Float32Array,
  rows: readonly number[],
  { train, labels }: Task,
): number {
  if (!train || labels.length === 0) return 0;
  const width = output.length / rows.length;
  return rows.filter((row, i) => {
    const logits = output.subarray(i * width, (i + 1) * width);
    return logits.indexOf(Math.max(...logits)) === train.labels[row];
  }).length;
}

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
