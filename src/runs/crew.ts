import { proxy, type Remote } from 'comlink';
import { throwIfCancelled, type AppError } from '../errors.ts';
import type { Compute } from '../gpu/compute.ts';
import { openThreads } from '../jobs/threads.ts';
import type { Chunk } from '../merge/chunk.ts';
import { chunkBytes } from '../merge/chunkInputs.ts';
import type { Crew, PartTies, StagePass, StageKind } from '../merge/stage.ts';
import type { CrewInput, CrewWorker, Piece } from './crewWorker.ts';
import type { RunAtWork } from './runAtWork.ts';

/** More read no faster from storage, and each takes some 60 MB. */
const mostWorkers = 4;

/** Bytes of inputs from which on workers are worth their start. */
const leastBytes = 2 ** 28;

/** Lots that each worker is given at once: one is read while the other is worked on. */
const lotsEach = 2;

/** What a crew needs of a run. */
interface MergingRun extends Pick<RunAtWork, 'recipe' | 'checkpoints' | 'plan'> {
  record: Pick<RunAtWork['record'], 'chunkElements'>;
  found: Pick<RunAtWork['found'], 'stored'>;
  control: Pick<RunAtWork['control'], 'signal'>;
}

/** Carries out `work` with a crew where a merge runs on the CPU, is large enough, and merges no matrices. */
export async function withCrew<T>(
  { plan, recipe, checkpoints, record, found, control }: MergingRun,
  { kind }: Pick<Compute, 'kind'>,
  work: (crew: Crew | null) => Promise<T>,
  least = leastBytes,
): Promise<T> {
  const bytes = plan.chunks.reduce((sum, chunk) => sum + chunkBytes(chunk), 0);
  if (kind !== 'cpu' || plan.method.matrix || bytes < least) return work(null);
  const { chunkElements } = record;
  const input: CrewInput = { recipe, checkpoints, chunkElements, masks: found.stored };
  const size = Math.min(mostWorkers, navigator.hardwareConcurrency);
  const crew = await openCrew(input, size, control.signal, chunkElements);
  try {
    return await work(crew);
  } finally {
    crew.close();
  }
}

/** Workers that carry out passes together, in lots of about so many elements. */
async function openCrew(
  input: CrewInput,
  size: number,
  signal: AbortSignal,
  lotElements: number,
): Promise<Crew & { close(): void }> {
  const threads = openThreads<CrewWorker>(
    size,
    () => new Worker(new URL('./crewWorker.ts', import.meta.url), { type: 'module', name: 'crew' }),
    signal,
    'merges',
  );
  const { race, fail, close } = threads;
  const workers = threads.remotes.map((remote) => ({ remote, lots: 0 }));
  const all = <T>(ask: (remote: Remote<CrewWorker>) => Promise<T>) =>
    race(Promise.all(workers.map(({ remote }) => ask(remote))));
  try {
    await all((remote) => remote.open(input));
  } catch (thrown) {
    close();
    throw thrown;
  }
  return {
    async run<State, Found>(
      { id }: StageKind<State, Found>,
      state: State,
      chunks: readonly Chunk[],
      take: StagePass<Found>['take'],
      gather: (found: Found) => void,
    ) {
      const tiesLeft = proxy(orderTies(chunks));
      await all((remote) => remote.begin(id, state, tiesLeft));
      const lots = lotsOf(chunks, lotElements);
      const found: Promise<Found[]>[] = [];
      let taken = 0;
      const give = () => {
        for (const worker of workers)
          while (worker.lots < lotsEach && found.length < lots.length) {
            // What is found and not yet taken is held in memory.
            if (found.length > taken + lotsEach * size) return;
            worker.lots++;
            const pieces = lots[found.length]!.map(pieceOf);
            const working = worker.remote.work(pieces) as Promise<Found[]>;
            found.push(working);
            working.then(
              () => {
                worker.lots--;
                give();
              },
              (thrown: AppError) => fail(thrown),
            );
          }
      };
      for (const lot of lots) {
        throwIfCancelled(signal);
        give();
        const results = await race(found[taken]!);
        for (const [i, chunk] of lot.entries()) await take(chunk, results[i]!);
        taken++;
      }
      for (const each of await all((remote) => remote.gathered())) if (each) gather(each as Found);
    },
    close,
  };
}

const pieceOf = ({ part, start, elements, joined }: Chunk): Piece => ({
  ...{ part, start, elements },
  ...(joined && { parts: joined.length }),
});

/** Runs of chunks of at least so many elements together. */
function lotsOf(chunks: readonly Chunk[], elements: number): Chunk[][] {
  const lots: Chunk[][] = [];
  let held = Infinity;
  for (const chunk of chunks) {
    if (held + chunk.elements > elements) {
      lots.push([]);
      held = 0;
    }
    lots.at(-1)!.push(chunk);
    held += chunk.elements;
  }
  return lots;
}

/** Tells each part how many ties are left to it once those before it have told how many they have. */
function orderTies(chunks: readonly Chunk[]): (part: number, ties: PartTies) => Promise<number[]> {
  const parts = chunks.filter(({ tensor }) => tensor.fate === 'merged').map(({ part }) => part);
  const asked = new Map<number, PartTies & { answer(left: number[]): void }>();
  let next = 0;
  let left: number[] | null = null;
  return (part, ties) =>
    new Promise((answer) => {
      asked.set(part, { ...ties, answer });
      for (;;) {
        const first = asked.get(parts[next] ?? -1);
        if (!first) return;
        if (first.opens || left === null) left = [...first.left];
        first.answer(left);
        left = left.map((count, row) => Math.max(0, count - (first.has[row] ?? 0)));
        next++;
      }
    });
}
