import type { LabFound, LabInput, LabModel, LabScore } from '../api/lab.ts';
import { isQuotaError } from '../errors.ts';
import { localizerOf } from '../localize/localizers/registry.ts';
import { dataPaths, type TaskData } from '../recipe/recipe.ts';
import type { FindData } from '../storage/dataSets.ts';
import { jsonHash } from '../storage/jsonHash.ts';
import {
  getLab,
  getRanking,
  labRankings,
  putLab,
  putRankings,
  type StoredLab,
} from '../storage/labs.ts';
import { revisionOf } from '../tasks/revisionOf.ts';

/** Raised when equal models score otherwise, or rankings mean something else, so that older ones are not taken over. */
const revision = 1;

/** Scores kept, of a task each; the oldest go first. */
const mostKnown = 4096;

/** Scores are stored so long after the last one, in milliseconds. */
const pauseMs = 500;

/** What a lab is told apart by: the contents of all that its scores and rankings depend on, not their names. */
export interface LabContent {
  id: string;
  checkpoints: readonly string[];
  data: readonly string[];
}

/** A search for masks; another one has another id, whatever it finds. */
interface Search {
  id: string;
  found: LabFound;
}

/** How a stored ranking came about. */
interface RankingFacts extends Search {
  /** Of the localizer. */
  revision: number;
}

/** The content of a recipe's models and tasks on a device; `checkpoints` are their content ids, base first. */
export async function labContent(
  { recipe }: LabInput,
  tasks: readonly { data: TaskData }[],
  checkpoints: readonly string[],
  backend: string,
  find: FindData,
): Promise<LabContent> {
  const idOf = async (name: string) => (await find(name)).id;
  const read = tasks.map(async ({ data }) => {
    const { train, test, head, demonstrations, ...reading } = data;
    const names = { train, test, head, from: demonstrations?.from };
    const named = Object.entries(names).flatMap(([part, name]) => (name ? [{ part, name }] : []));
    const ids = named.map(async ({ part, name }) => [part, await idOf(name)] as const);
    const { count, seed } = demonstrations ?? {};
    const drawn = demonstrations ? { count, seed } : {};
    return { reading, drawn, ids: await Promise.all(ids), revision: revisionOf(data) };
  });
  const facts = {
    ...{ revision, backend, checkpoints, scope: recipe.scope ?? null },
    tasks: await Promise.all(read),
  };
  const data = await Promise.all(tasks.flatMap(({ data }) => dataPaths(data)).map(idOf));
  return { id: await jsonHash(facts), checkpoints, data: [...new Set(data)] };
}

/** What was scored and found with a lab's content, now or on earlier visits: kept in storage, as far as it has room. */
export class KeptLab {
  /** Scores on all tests, by `keyOf`. */
  readonly known = new Map<string, LabScore>();
  /** The search that a ranking is of, by localizer and task. */
  readonly #searches = new Map<string, Search>();
  #saving: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly content: LabContent) {}

  /** With what was kept before. */
  static async open(content: LabContent, tests: readonly number[]): Promise<KeptLab> {
    const kept = new KeptLab(content);
    const stored = await getLab(content.id);
    for (const { key, task, right, n } of stored?.scores ?? [])
      if (n === tests[task]) kept.known.set(key, { task, right, n, of: n });
    for (const { by, task, facts } of await labRankings<RankingFacts>(content.id))
      if (facts.revision === revisionBy(by)) kept.#searches.set(`${by}/${task}`, facts);
    return kept;
  }

  /** What a model's score on a task goes by: masks that were found, by their searches. */
  keyOf(model: LabModel, task: number): string {
    const masks = model.kind === 'stitch' ? model.masks : [];
    const searches = masks.flatMap((mask, m) => {
      const search = mask && this.#searches.get(`${mask.by}/${m}`);
      return search ? search.id : [];
    });
    return [JSON.stringify(model), task, ...searches].join(' ');
  }

  /** Takes in scores on all tests. */
  keepScores(model: LabModel, scores: readonly LabScore[]): void {
    const fresh = scores.map((score) => [this.keyOf(model, score.task), score] as const);
    if (fresh.every(([key]) => this.known.has(key))) return;
    for (const [key, score] of fresh) this.known.set(key, score);
    for (const key of this.known.keys()) if (this.known.size > mostKnown) this.known.delete(key);
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => void this.save(), pauseMs);
  }

  /** Stores what was scored; where there is no room, it is scored anew on a later visit. */
  async save(): Promise<void> {
    clearTimeout(this.#saving);
    if (this.known.size > 0) await whereRoom(() => putLab(this.#record()));
  }

  #record(): StoredLab {
    const scores = [...this.known].map(([key, { task, right, n }]) => ({ key, task, right, n }));
    return { ...this.content, scores, usedAt: Date.now() };
  }

  /** Searches whose rankings are here, the newest last; each with those of its tasks that no newer one found. */
  found(): LabFound[] {
    const searches = new Map<string, LabFound>();
    for (const [name, { id, found }] of this.#searches) {
      const task = Number(name.split('/').at(-1));
      const tasks = [...(searches.get(id)?.tasks ?? []), task].toSorted((a, b) => a - b);
      searches.delete(id);
      searches.set(id, { ...found, tasks });
    }
    return [...searches.values()];
  }

  /** Has scores go by a search from now on whose rankings take the place of earlier ones. */
  begin(found: LabFound): Search {
    const search = { id: crypto.randomUUID(), found };
    for (const task of found.tasks) {
      this.#searches.delete(`${found.localizer}/${task}`);
      this.#searches.set(`${found.localizer}/${task}`, search);
    }
    return search;
  }

  /** Stores what a search found, f32 over the scope for each of its tasks; its `found.kept` then says whether there was room. */
  async keepSearch(search: Search, rankings: readonly Blob[]): Promise<void> {
    const { localizer: by, tasks } = search.found;
    const found = { ...search.found, kept: true };
    const facts: RankingFacts = { id: search.id, found, revision: revisionBy(by) };
    const stored = await whereRoom(async () => {
      await putLab(this.#record());
      return putRankings(
        tasks.map((task, i) => ({
          ...{ lab: this.content.id, by, task, facts },
          ...{ values: rankings[i]!, madeAt: Date.now() },
        })),
      );
    });
    search.found.kept = stored === true;
  }

  /** A ranking that an earlier visit kept; null where it is gone, or is of another search by now. */
  async ranking(by: string, task: number, size: number): Promise<Float32Array<ArrayBuffer> | null> {
    const stored = await getRanking<RankingFacts>(this.content.id, by, task);
    const search = this.#searches.get(`${by}/${task}`);
    if (!stored || stored.facts.id !== search?.id || stored.values.size !== size * 4) return null;
    return new Float32Array(await stored.values.arrayBuffer());
  }
}

const revisionBy = (by: string) => localizerOf(by)?.revision ?? 0;

/** What `work` comes to, null where storage has no room for it. */
async function whereRoom<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (thrown) {
    if (isQuotaError(thrown)) return null;
    throw thrown;
  }
}
