/** A notification when work ends while another window has the attention; asked for by the user alone. */
export class EndNotice {
  wanted = $state(false);
  /** Whether the browser, or the user, refused. */
  refused = $state(false);
  readonly possible = 'Notification' in globalThis;

  /** Wants to be told, or no more; asks the browser where it was not asked before. */
  async want(wanted: boolean): Promise<void> {
    const allowed = wanted && (await Notification.requestPermission()) === 'granted';
    this.wanted = allowed;
    this.refused = wanted && !allowed;
  }

  /** Tells that work ended, unless the page is looked at. */
  async tell(title: string, body: string): Promise<void> {
    if (!this.wanted || document.hasFocus()) return;
    try {
      const notice = new Notification(title, { body });
      notice.onclick = () => focus();
    } catch {
      // On Android a page has notifications by its service worker alone.
      const registration = await navigator.serviceWorker.getRegistration();
      await registration?.showNotification(title, { body });
    }
  }
}
