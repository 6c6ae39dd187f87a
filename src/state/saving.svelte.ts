import { AppError, bug, throwIfCancelled, unsupported } from '../errors.ts';
import { formatPlural } from '../ui/format.ts';
import type { EngineApi } from '../api/engine.ts';
import type { LoraFiles, LoraOptions, OutputFile, SaveOptions } from '../api/outputs.ts';
import { download } from '../ui/download.ts';
import { endedBy } from './cancelled.ts';
import { pickFile, pickFolder } from './filePickers.ts';
import { percent } from '../wording.ts';
import { dropZip, openZipFile } from './zipFile.ts';

/** How a save stands; `done` and `total` count bytes. */
export type SavingState =
  | { at: 'idle' }
  | { at: 'writing'; name: string; done: number; total: number }
  | { at: 'saved'; text: string }
  | { at: 'failed'; error: AppError };

/** A new file of a folder, by its path there. */
async function fileBelow(
  folder: FileSystemDirectoryHandle,
  path: string,
): Promise<FileSystemFileHandle> {
  const [name = '', ...above] = path.split('/').reverse();
  let inside = folder;
  for (const part of above.reverse())
    inside = await inside.getDirectoryHandle(part, { create: true });
  return inside.getFileHandle(name, { create: true });
}

type MakeFiles = (signal: AbortSignal) => Promise<OutputFile[]>;

const shardBytes = 5e9;

const isWeights = ({ name }: OutputFile) => name.endsWith('.safetensors');
const totalBytes = (files: readonly OutputFile[]) =>
  files.reduce((sum, { blob }) => sum + blob.size, 0);

function aboutLora({ rank, error, left }: LoraFiles): string {
  const rest =
    left > 0 ? `; ${percent(left)} of their square lies outside linear layers and is left out` : '';
  return `Rank ${rank}, off by ${percent(error)} of the changes’ norm${rest}.`;
}

/** Writes the files of a run to disk, streaming from storage. */
export class Saving {
  state = $state.raw<SavingState>({ at: 'idle' });
  layout = $state<SaveOptions['layout']>('one');
  readonly canPickFile = 'showSaveFilePicker' in window;
  readonly canPickFolder = 'showDirectoryPicker' in window;
  readonly busy = $derived(this.state.at === 'writing');
  #abort = new AbortController();

  constructor(readonly engine: EngineApi) {}

  reset(): void {
    if (!this.busy) this.state = { at: 'idle' };
  }

  cancel(): void {
    this.#abort.abort(new AppError('Cancelled', 'Cancelled.'));
  }

  /** The merged checkpoint in the layout chosen. */
  outputs(run: string): Promise<OutputFile[]> {
    return this.engine.outputs(run, { layout: this.layout, shardBytes });
  }

  /** The weights as one file: where the user picks, else as a download. */
  saveFile(run: string): Promise<void> {
    return this.#save(async (signal) => {
      const handle = this.canPickFile ? await pickFile('model.safetensors') : null;
      if (this.canPickFile && !handle) return null;
      const [file, ...more] = (await this.outputs(run)).filter(isWeights);
      if (!file) throw bug('This run has no weights to save.');
      if (more.length > 0)
        throw unsupported('Weights of several parts are no one file. Save the folder.');
      if (handle)
        await this.#pipe(handle, file.blob.stream(), file.name, 0, file.blob.size, signal);
      else download(file.name, file.blob);
      return handle ? `Saved ${handle.name}.` : `${file.name} is in your downloads.`;
    });
  }

  /** Weights, configuration, tokenizer files and model card. */
  saveAll(run: string): Promise<void> {
    return this.#saveSeveral('merged.zip', () => this.outputs(run));
  }

  /** The patches of a run's `models`. */
  savePatches(run: string, models: number): Promise<void> {
    return this.#saveSeveral('patches.zip', (signal) => this.#each('patch', run, models, signal));
  }

  /** The masks of a run's `models` as SHiRA adapters of PEFT, a folder each, in one zip. */
  saveAdapters(run: string, models: number): Promise<void> {
    return this.#saveZip('adapters.zip', (signal) => this.#each('adapter', run, models, signal));
  }

  /** What a run changed as a LoRA adapter of PEFT, which is no further from it than told. */
  async saveLora(run: string, options: LoraOptions): Promise<void> {
    let made: LoraFiles | null = null;
    await this.#saveSeveral('lora.zip', async (signal) => {
      const job = crypto.randomUUID();
      signal.addEventListener('abort', () => void this.engine.cancel(job));
      const name = 'LoRA adapter';
      made = await this.engine.lora(job, run, options, ({ done, total }) => {
        this.state = { at: 'writing', name, done, total };
      });
      return made.files;
    });
    if (this.state.at === 'saved' && made)
      this.state = { at: 'saved', text: `${this.state.text} ${aboutLora(made)}` };
  }

  /** Files made of each of a run's `models`. */
  async #each(
    what: 'patch' | 'adapter',
    run: string,
    models: number,
    signal: AbortSignal,
  ): Promise<OutputFile[]> {
    const job = crypto.randomUUID();
    signal.addEventListener('abort', () => void this.engine.cancel(job));
    const made: OutputFile[] = [];
    for (let model = 0; model < models; model++) {
      throwIfCancelled(signal);
      const name = `${what} ${model + 1} of ${models}`;
      const files = await this.engine[what](job, run, model, ({ done, total }) => {
        this.state = { at: 'writing', name, done, total };
      });
      made.push(...[files].flat());
    }
    return made;
  }

  /** Into a folder the user picks where the browser can, else as a zip. */
  #saveSeveral(zip: string, make: MakeFiles): Promise<void> {
    return this.canPickFolder ? this.#saveFolder(make) : this.#saveZip(zip, make);
  }

  #saveFolder(make: MakeFiles): Promise<void> {
    return this.#save(async (signal) => {
      const folder = await pickFolder();
      if (!folder) return null;
      const files = await make(signal);
      const total = totalBytes(files);
      let done = 0;
      for (const { name, blob } of files) {
        const handle = await fileBelow(folder, name);
        await this.#pipe(handle, blob.stream(), name, done, total, signal);
        done += blob.size;
      }
      return `Saved ${formatPlural(files.length, 'file')} to ${folder.name}.`;
    });
  }

  /** As one zip, made on disk and handed to the downloads. */
  #saveZip(zip: string, make: MakeFiles): Promise<void> {
    return this.#save(async (signal) => {
      const files = await make(signal);
      const { downloadZip } = await import('client-zip');
      const input = files.map(({ name, blob }) => ({
        name,
        input: blob,
        lastModified: new Date(),
      }));
      const { body } = downloadZip(input);
      if (!body) throw bug('The zip came out empty.');
      const handle = await openZipFile();
      try {
        await this.#pipe(handle, body, zip, 0, totalBytes(files), signal);
      } catch (thrown) {
        await dropZip();
        throw thrown;
      }
      download(zip, await handle.getFile());
      return `${zip} is in your downloads.`;
    });
  }

  async #save(work: (signal: AbortSignal) => Promise<string | null>): Promise<void> {
    if (this.busy) return;
    this.#abort = new AbortController();
    try {
      const text = await work(this.#abort.signal);
      this.state = text === null ? { at: 'idle' } : { at: 'saved', text };
    } catch (thrown) {
      this.state = endedBy(thrown);
    }
  }

  async #pipe(
    handle: FileSystemFileHandle,
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    name: string,
    before: number,
    total: number,
    signal: AbortSignal,
  ): Promise<void> {
    let done = before;
    const count = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform: (chunk, controller) => {
        done += chunk.byteLength;
        this.state = { at: 'writing', name, done: Math.min(done, total), total };
        controller.enqueue(chunk);
      },
    });
    this.state = { at: 'writing', name, done, total };
    await stream.pipeThrough(count).pipeTo(await handle.createWritable(), { signal });
  }
}
