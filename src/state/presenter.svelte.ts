/** Width and height of the window, in CSS pixels, that a lesson fills at scale 1. */
const [stageWidth, stageHeight] = [1240, 700];
const [leastScale, mostScale] = [1.15, 3];

/** How much larger a lesson is shown in a window of this size, in CSS pixels. */
export function presenterScale(width: number, height: number): number {
  const fit = Math.min(width / stageWidth, height / stageHeight);
  return Math.round(100 * Math.min(mostScale, Math.max(leastScale, fit))) / 100;
}

/** Presenter mode: the lesson alone, in large type, on the full screen or, where that is refused, in the whole window. */
export class Presenter {
  on = $state(false);

  constructor() {
    addEventListener('resize', () => this.#scale());
    addEventListener('fullscreenchange', () => {
      if (!document.fullscreenElement) this.leave();
    });
  }

  async enter(): Promise<void> {
    this.on = true;
    this.#scale();
    try {
      await document.documentElement.requestFullscreen();
    } catch (thrown) {
      // Refused by the browser or its window: the mode fills the window instead.
      if (!(thrown instanceof TypeError)) throw thrown;
    }
  }

  leave(): void {
    if (!this.on) return;
    this.on = false;
    this.#scale();
    if (document.fullscreenElement) void document.exitFullscreen();
  }

  toggle(): void {
    if (this.on) this.leave();
    else void this.enter();
  }

  #scale(): void {
    const { style } = document.documentElement;
    const scale = this.on ? presenterScale(innerWidth, innerHeight) : 1;
    style.setProperty('--scale', String(scale));
    style.zoom = String(scale);
  }
}
