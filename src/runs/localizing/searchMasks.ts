import type { JobControl } from '../../jobs/jobs.ts';
import { memoryBudget } from '../../jobs/memoryBudget.ts';
import type {
  Localized,
  LocalizeHost,
  LocalizeInput,
  MaskRequest,
} from '../../localize/contract.ts';
import { completeTask, type PreparedTask } from '../../tasks/preparedTask.ts';
import type { TellLive } from './live.ts';

/** A model that takes part in a search, with the examples of its task. */
export interface SearchedModel extends Omit<MaskRequest, 'task'> {
  name: string;
  prepared: PreparedTask;
}

/** What a search needs of its surroundings. */
type SearchPlace = { control: Pick<JobControl, 'signal' | 'resumed'>; tell: TellLive } & Pick<
  LocalizeHost,
  'tensors' | 'snapshots' | 'scratch' | 'snapshotEveryMs'
>;

/** Finds the masks of models with examples, in one optimisation within the memory that is set aside. */
export async function searchMasks(
  models: readonly SearchedModel[],
  input: Omit<LocalizeInput, 'masks'>,
  { control, tell, ...place }: SearchPlace,
): Promise<Localized> {
  const { signal } = control;
  const masks: MaskRequest[] = [];
  for (const { prepared, tuned, density, fixed } of models) {
    const task = await completeTask(prepared, place.tensors, signal);
    masks.push({ task, tuned, density, ...(fixed && { fixed }) });
  }
  const names = models.flatMap(({ name, fixed }) => (fixed ? [] : name));
  const budgetBytes = await memoryBudget(place.tensors);
  const { localize } = await import('../../localize/localize.ts');
  return localize(
    { ...input, masks },
    {
      ...place,
      budgetBytes,
      signal,
      resumed: () => control.resumed(),
      onProgress: (state) => tell(names, state),
    },
  );
}
