import { registerSW } from 'virtual:pwa-register';

/** A newer version of the app that waits, and whether this one works without a network. */
export class Update {
  ready = $state(false);
  offline = $state(false);
  readonly #reload: (reloadPage?: boolean) => Promise<void>;

  constructor() {
    this.#reload = registerSW({
      onNeedRefresh: () => (this.ready = true),
      onOfflineReady: () => (this.offline = true),
    });
  }

  async apply(): Promise<void> {
    await this.#reload(true);
  }
}
