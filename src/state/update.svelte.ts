import { registerSW } from 'virtual:pwa-register';
import { AppError } from '../errors.ts';

/** Name of the lock that tabs share while they work. */
const workLock = 'stitchwork-work';

/** A newer version of the app that waits, and whether this one works without a network. */
export class Update {
  ready = $state(false);
  offline = $state(false);
  readonly #takeOver: () => Promise<void>;
  /** The newer version has taken over from another tab. */
  #hasCome = false;
  #working = new AbortController();

  /** `isBusy`: whether this tab works, so that nothing may reload it. */
  constructor(isBusy: () => boolean) {
    this.#takeOver = registerSW({
      onNeedRefresh: () => (this.ready = true),
      onOfflineReady: () => (this.offline = true),
      onNeedReload: () => {
        if (!isBusy()) return location.reload();
        this.ready = this.#hasCome = true;
      },
    });
  }

  /** Tells other tabs whether this one works. */
  work(busy: boolean): void {
    this.#working.abort();
    if (!busy) return;
    this.#working = new AbortController();
    const { signal } = this.#working;
    const ended = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    void navigator.locks.request(workLock, { mode: 'shared' }, () => ended);
  }

  /** Reloads into the newer version; throws Unsupported while another tab works, which needs the files of this one. */
  async apply(): Promise<void> {
    if (this.#hasCome) return location.reload();
    const { held = [] } = await navigator.locks.query();
    if (held.some(({ name }) => name === workLock))
      throw new AppError(
        'Unsupported',
        'Another tab is at work, which an update would cut off. Wait until it is done, then reload.',
      );
    await this.#takeOver();
  }
}
