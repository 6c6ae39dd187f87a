import { type AppError, toAppError } from '../errors.ts';
import type { ModelFit, Preflight } from '../api/preflight.ts';
import type { EngineApi } from '../api/engine.ts';
import type { Candidate, InspectResult } from '../api/checkpoints.ts';
import type { Progress } from '../api/progress.ts';
import type { DroppedFile } from '../ui/fileDrop.ts';
import { baseByName, overlap } from './chooseBase.ts';
import type { Library } from './library.svelte.ts';
import { Newest } from './newest.ts';
import type { Notices } from './notices.svelte.ts';
import { type DataGroup, sortDrop } from './sortDrop.ts';

/** How the copy of one candidate stands. */
export type Copy =
  | { at: 'waiting' }
  | { at: 'copying'; progress: Progress | null }
  | { at: 'done' }
  | { at: 'failed'; error: AppError };

/** What was dropped: nothing, being read, on the table, or being copied. */
export type OpeningState =
  | { at: 'idle' }
  | { at: 'reading'; files: number }
  | { at: 'reviewing'; found: InspectResult }
  | { at: 'copying'; found: InspectResult; job: string };

const nothing: InspectResult = { candidates: [], problems: [], recipes: [] };

/** Leads dropped files through inspection, preflight and copying into the library. */
export class Opening {
  state = $state.raw<OpeningState>({ at: 'idle' });
  base = $state<string | null>(null);
  left = $state.raw<ReadonlySet<string>>(new Set());
  preflight = $state.raw<Preflight | null>(null);
  preflightError = $state.raw<AppError | null>(null);
  copies = $state.raw<ReadonlyMap<string, Copy>>(new Map());
  /** Why there was no room for the data. */
  full = $state.raw<AppError | null>(null);
  /** Data among the files on the table. */
  data = $state.raw<readonly DataGroup[]>([]);
  #files: DroppedFile[] = [];
  #ofWeights: ReadonlySet<string> = new Set();
  readonly #asked = new Newest();
  #inspecting: Promise<InspectResult | null> | null = null;

  readonly found = $derived(
    this.state.at === 'reviewing' || this.state.at === 'copying' ? this.state.found : null,
  );
  readonly candidates = $derived(this.found?.candidates ?? []);
  readonly chosen = $derived(
    this.candidates.filter(
      ({ key, name }) => !this.left.has(key) && (key === this.base || !this.fit(name)?.refusal),
    ),
  );
  /** Chosen, and not copied yet. */
  readonly waiting = $derived(this.chosen.filter(({ key }) => this.copies.get(key)?.at !== 'done'));
  /** Whether all of it can be used in place. */
  readonly placeable = $derived(
    this.waiting.length > 0 && this.waiting.every(({ placeable }) => placeable),
  );
  readonly bytes = $derived(
    this.waiting.reduce((sum, { bytes, resumableBytes }) => sum + bytes - resumableBytes, 0) +
      this.data.flatMap(({ files }) => files).reduce((sum, { file }) => sum + file.size, 0),
  );

  constructor(
    readonly engine: EngineApi,
    readonly library: Library,
    readonly notices: Notices,
  ) {}

  /** Inspects these files together with those already on the table; data alone need no inspection. */
  inspect(files: readonly DroppedFile[]): Promise<InspectResult | null> {
    this.#inspecting = this.#inspect(files);
    return this.#inspecting;
  }

  /** What is on the table, once an inspection under way is over. */
  async opened(): Promise<InspectResult | null> {
    await this.#inspecting;
    return this.found;
  }

  /** Reads what is on the table anew: what an engine had read that ended is gone. */
  async again(): Promise<void> {
    if (this.state.at === 'reviewing') await this.inspect(this.#files);
  }

  async #inspect(files: readonly DroppedFile[]): Promise<InspectResult | null> {
    if (this.state.at === 'copying' || this.state.at === 'reading') {
      this.notices.say('Wait until the copy under way is done, then drop these again.');
      return null;
    }
    if (!files.length) {
      this.notices.say('There was no file in what you dropped.');
      return null;
    }
    this.full = null;
    const all = new Map([...this.#files, ...files].map((file) => [file.path, file]));
    this.#files = [...all.values()];
    await this.#sortArchives();
    const { models, data } = sortDrop(this.#files, [], this.#ofWeights);
    this.data = data;
    if (!models.length) return nothing;
    this.state = { at: 'reading', files: this.#files.length };
    try {
      const found = await this.engine.inspect(models);
      this.state = { at: 'reviewing', found };
      this.copies = new Map();
      this.left = new Set();
      await this.#guessBase();
      return found;
    } catch (thrown) {
      this.notices.fail(thrown);
      this.close();
      return null;
    }
  }

  /** Tells archives of weights from archives of examples. */
  async #sortArchives(): Promise<void> {
    const archives = this.#files.filter(({ path }) => /\.(?:zip|tar|tar\.gz|tgz)$/i.test(path));
    const { state } = this;
    if (!archives.length) return;
    this.state = { at: 'reading', files: this.#files.length };
    const found = await this.notices.attempt(() => this.engine.weightArchives(archives));
    this.#ofWeights = new Set(found ?? []);
    this.state = state;
  }

  /** Gives data the names by which a recipe asks for them. */
  nameData(wanted: readonly string[]): void {
    this.data = sortDrop(this.#files, wanted, this.#ofWeights).data;
  }

  fit(name: string): ModelFit | null {
    return this.preflight?.models.find((fit) => fit.name === name) ?? null;
  }

  async chooseBase(key: string): Promise<void> {
    this.base = key;
    this.preflight = null;
    this.preflightError = null;
    const models = this.candidates.map((candidate) => candidate.key).filter((each) => each !== key);
    await this.#asked.ask(
      () => this.engine.preflight(key, models),
      (preflight) => (this.preflight = preflight),
      (error) => (this.preflightError = error),
    );
  }

  include(key: string, included: boolean): void {
    const left = new Set(this.left);
    if (included) left.delete(key);
    else left.add(key);
    this.left = left;
  }

  close(): void {
    this.#files = [];
    this.full = null;
    this.data = [];
    this.#asked.drop();
    this.state = { at: 'idle' };
    this.base = null;
    this.preflight = null;
    this.preflightError = null;
  }

  /** Copies what is chosen, or uses it in place, the base first; the ids in the library, and whether that was all. */
  async add(inPlace: boolean): Promise<{ ids: string[]; whole: boolean }> {
    const { found, base } = this;
    if (!found || this.state.at === 'copying') return { ids: [], whole: false };
    const rank = ({ key, patch }: Candidate) => (key === base ? 0 : patch ? 2 : 1);
    const order = this.waiting.toSorted((a, b) => rank(a) - rank(b));
    const job = crypto.randomUUID();
    this.state = { at: 'copying', found, job };
    for (const { key } of order) this.#mark(key, { at: 'waiting' });
    if (base !== null && base !== this.library.baseId && this.library.isBase(base))
      await this.library.setBase(base);
    const ids: string[] = [];
    for (const candidate of order) {
      const id = await this.#copy(job, candidate, inPlace);
      if (id === null) break;
      ids.push(id);
    }
    await this.notices.attempt(() => this.library.refresh());
    this.state = { at: 'reviewing', found };
    for (const [key, { at }] of this.copies) if (at === 'waiting') this.#mark(key, null);
    const whole = ids.length === order.length;
    if (whole) this.close();
    return { ids, whole };
  }

  async cancel(): Promise<void> {
    if (this.state.at === 'copying') await this.engine.cancel(this.state.job);
  }

  async #copy(job: string, { key }: Candidate, inPlace: boolean): Promise<string | null> {
    this.#mark(key, { at: 'copying', progress: null });
    try {
      const report = (progress: Progress) => {
        if (this.copies.get(key)?.at === 'copying') this.#mark(key, { at: 'copying', progress });
      };
      const id = await this.engine.ingest(job, key, report, inPlace);
      if (key === this.base) await this.engine.setBase(id);
      this.#mark(key, { at: 'done' });
      return id;
    } catch (thrown) {
      this.#mark(key, { at: 'failed', error: toAppError(thrown) });
      return null;
    }
  }

  #mark(key: string, copy: Copy | null): void {
    const copies = new Map(this.copies);
    if (copy) copies.set(key, copy);
    else copies.delete(key);
    this.copies = copies;
  }

  async #guessBase(): Promise<void> {
    const candidates = this.candidates.filter(({ patch, adapter }) => !patch && !adapter);
    const [patch] = this.candidates.flatMap(({ patch }) => patch ?? []);
    const named = this.candidates.flatMap(({ adapter }) => adapter?.base ?? []);
    const asked =
      this.library.checkpoints.find(({ id }) => id === patch?.base)?.id ??
      named.flatMap((name) => this.library.find(name)?.id ?? [])[0];
    const first = candidates[0]?.key ?? patch?.base ?? asked ?? this.library.baseId;
    if (first === null) return;
    const known = baseByName(candidates) ?? asked ?? (await this.#bestInLibrary(candidates));
    await this.chooseBase(known ?? (await this.#bestByOverlap(candidates)) ?? first);
  }

  /** The base of the library that most tensors fit, the current one where several equally do. */
  async #bestInLibrary(candidates: readonly Candidate[]): Promise<string | null> {
    const bases = this.library.families.flatMap(({ base }) => base ?? []);
    const keys = candidates.map(({ key }) => key);
    if (bases.length < 2 || !keys.length) return this.library.baseId;
    let best: { id: string; fits: number } | null = null;
    for (const { id } of bases) {
      const fits = await this.engine.preflight(id, keys).then(overlap, () => -1);
      if (!best || fits > best.fits) best = { id, fits };
    }
    return best?.id ?? null;
  }

  async #bestByOverlap(candidates: readonly Candidate[]): Promise<string | null> {
    let best: { key: string; fits: number } | null = null;
    for (const { key } of candidates) {
      const others = candidates.map((other) => other.key).filter((other) => other !== key);
      if (!others.length) return key;
      const fits = await this.engine.preflight(key, others).then(overlap, () => -1);
      if (!best || fits > best.fits) best = { key, fits };
    }
    return best?.key ?? null;
  }
}
