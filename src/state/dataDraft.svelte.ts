import { canonicalJson } from '../canonicalJson.ts';
import type { MetricName, TaskData } from '../recipe/recipe.ts';
import type { DataCheck, DataPreview, TaskPreset } from '../api/tasks.ts';
import type { Datasets } from './datasets.svelte.ts';
import { localizeOf, metricOf, removeData, setData } from './localizeEdit.ts';
import { Newest } from './newest.ts';
import type { Setup } from './setup.svelte.ts';
import { guessFiles, pairFiles } from './sortDrop.ts';
import {
  applyPreset,
  filesOf,
  headKind,
  languageModels,
  missing,
  proposeHead,
  readingOf,
  setHead,
} from './taskDataEdit.ts';

const typingMs = 250;

/** How data are read, and as which task of the paper. */
interface Proposal {
  data: TaskData;
  preset: string;
}

/** The data whose first rows are looked at. */
const nameOf = ({ train, test }: TaskData) => train ?? test;

/** A model's data while they are chosen, with the first rows and what the model would make of them. */
export class DataDraft {
  data = $state.raw<TaskData>({});
  preview = $state.raw<DataPreview | null>(null);
  check = $state.raw<DataCheck | null>(null);
  /** Why the data could not be read. */
  error = $state<string | null>(null);
  /** Id of the task of the paper that the data are read as, empty for none. */
  preset = $state('');
  readonly head = $derived(headKind(this.data));
  /** Class names, in the order of the label words. */
  readonly labels = $derived(this.#labels());
  readonly lacks = $derived(missing(this.data, this.labels));
  readonly kind = $derived.by(
    () => this.datasets.find(this.data.train ?? this.data.test)?.kind ?? null,
  );
  readonly #asked = new Newest();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What reading was proposed for the data looked at; the person set nothing as long as they are read so. */
  #proposed: Proposal | null = null;
  /** Whether what is read now is to be proposed: so is what takes its place before it has come. */
  #proposing = false;

  constructor(
    readonly setup: Setup,
    readonly datasets: Datasets,
    readonly model: string,
  ) {}

  /** Begins with the recipe's data, those given, or those that by their names belong to the model. */
  async begin(given: readonly string[]): Promise<void> {
    const own = this.setup.recipe?.models.find(({ model }) => model === this.model)?.data;
    const examples = this.datasets.list.filter(({ kind }) => kind !== 'head');
    const names = examples.map(({ name }) => name);
    const name = this.setup.library.find(this.model)?.name ?? this.model;
    if (own) this.data = own;
    const guess = (among: readonly string[]) =>
      given.length ? pairFiles(among) : guessFiles(name, among);
    const among = given.length ? given : names;
    const { test } = guess(among);
    const secret = test !== undefined && !own && (await this.#isSecret(test));
    const guessed = guess(secret ? among.filter((each) => each !== test) : among);
    const next = { ...own, ...(own && !given.length ? {} : guessed) };
    let fresh = own === undefined;
    if (own && nameOf(next) !== nameOf(own)) {
      await this.#look(false);
      fresh = this.#isUnset();
    }
    this.data = next;
    await this.#look(fresh);
  }

  async choose(use: 'train' | 'test', name: string | undefined): Promise<void> {
    const { [use]: _, ...rest } = this.data;
    const before = nameOf(this.data);
    const unset = before === undefined || this.#isUnset();
    this.data = name === undefined ? rest : { ...rest, [use]: name };
    this.check = null;
    await this.#look(unset && nameOf(this.data) !== before);
  }

  change(data: TaskData): void {
    this.data = data;
    this.#proposing = false;
    this.#ask(typingMs);
  }

  choosePreset(id: string): void {
    const preset = this.#presetOf(id);
    this.preset = preset?.id ?? '';
    if (preset && this.preview) this.change(applyPreset(this.data, preset, this.preview));
  }

  async save(): Promise<void> {
    const { recipe } = this.setup;
    const metric: MetricName = this.#presetOf(this.preset)?.metric ?? metricOf(this.data);
    if (recipe) await this.setup.change(setData(recipe, this.model, this.data, metric));
  }

  async remove(): Promise<void> {
    const { recipe } = this.setup;
    if (recipe) await this.setup.change(removeData(recipe, this.model));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#asked.drop();
  }

  #presetOf(id: string | null): TaskPreset | null {
    return this.datasets.presets.find((each) => each.id === id) ?? null;
  }

  #labels(): readonly string[] {
    if (this.data.labels) return this.data.labels;
    const { check, preview } = this;
    return check?.labels.length ? check.labels : (preview?.labels ?? []);
  }

  /** Whether the labels of a test set are kept secret; data that cannot be read are told of where they are used. */
  async #isSecret(test: string): Promise<boolean> {
    try {
      return (await this.setup.engine.previewData(test)).secret;
    } catch {
      return false;
    }
  }

  /** Whether data are read as was proposed, or as nothing says. */
  #isUnset(): boolean {
    const readings = [this.data, {}, ...(this.#proposed ? [this.#proposed.data] : [])];
    const [now, ...unset] = readings.map((data) => canonicalJson(readingOf(data)));
    return unset.includes(now!);
  }

  /** Reads the first rows, and proposes how to read them, which is done where they are `fresh`. */
  async #look(fresh: boolean): Promise<void> {
    const name = nameOf(this.data);
    this.#proposed = null;
    this.#proposing ||= fresh;
    // A check still to come would take the place of this question.
    clearTimeout(this.#timer);
    this.error = null;
    if (name === undefined) {
      this.#asked.drop();
      [this.preview, this.check] = [null, null];
      return;
    }
    await this.#asked.ask(
      async () => ({
        preview: await this.setup.engine.previewData(name),
        tensors: await this.#tensors(),
      }),
      ({ preview, tensors }) => {
        this.preview = preview;
        this.#proposed = this.#proposal(preview, tensors);
        if (this.#proposing) ({ data: this.data, preset: this.preset } = this.#proposed);
        this.#proposing = false;
        this.#ask(0);
      },
      ({ message }) => {
        this.preview = null;
        this.#proposing = false;
        this.error = message;
      },
    );
  }

  async #tensors(): Promise<string[]> {
    const id = this.setup.library.find(this.model)?.id;
    return id ? (await this.setup.engine.tensors(id)).map(({ name }) => name) : [];
  }

  #proposal(preview: DataPreview, tensors: readonly string[]): Proposal {
    const { train, test } = this.data;
    const checkpoint = this.setup.library.find(this.model);
    const speaks = languageModels.includes(checkpoint?.architecture?.id ?? null);
    const prompted = speaks ? preview.prompted : null;
    const guessed: TaskData = { ...(prompted ?? preview.guess), ...filesOf({ train, test }) };
    const own = checkpoint?.name.toLowerCase().replace(/[^a-z0-9]/g, '') ?? null;
    const plain = guessed.template === undefined && !guessed.prompts && !guessed.kind;
    const { columns } = guessed;
    const isCorpus =
      speaks && this.kind === 'table' && !prompted && !columns?.text_b && !columns?.label;
    const head = isCorpus
      ? 'nextToken'
      : proposeHead(this.kind ?? 'table', checkpoint?.architecture?.id ?? null, tensors);
    const named = this.#presetOf(preview.preset) ?? this.#presetOf(own);
    const alike = plain && head === 'prompt' ? this.#presetOf(preview.alike) : null;
    const preset = named ?? alike;
    return preset && !prompted
      ? { data: applyPreset(guessed, preset, preview), preset: preset.id }
      : { data: plain ? setHead(guessed, head) : guessed, preset: '' };
  }

  /** Asks what the model makes of the data, once the typing rests. */
  #ask(afterMs: number): void {
    clearTimeout(this.#timer);
    const { recipe, library, engine } = this.setup;
    const [base, tuned] = [recipe && library.find(recipe.base_model), library.find(this.model)];
    this.#asked.drop();
    if (!recipe || !base || !tuned) return;
    // How many examples a class needs is asked where their number is chosen.
    const settings = { ...localizeOf(recipe), shots: 1 };
    const check = () =>
      this.#asked.ask(
        () => engine.checkData(base.id, tuned.id, this.data, settings),
        (check) => (this.check = check),
        ({ message }) => (this.error = message),
      );
    this.#timer = setTimeout(() => void check(), afterMs);
  }
}
