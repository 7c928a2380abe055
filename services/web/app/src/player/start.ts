/** Getting a video to play under the browser's autoplay rule: with sound, else muted, else after a click. */
import type { PlayerSnapshot } from "./snapshot";
import type { Sound } from "./sound";

export class Start {
  /** What the viewer wants; the element may not be there yet. */
  wanted = true;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly sound: Sound,
    private readonly change: (part: Partial<PlayerSnapshot>) => void,
  ) {}

  async play(): Promise<void> {
    if (!this.wanted) return;
    try {
      await this.video.play();
      this.change({ needsClick: false });
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "NotAllowedError") return;
      if (this.video.muted) {
        this.change({ needsClick: true });
        return;
      }
      this.sound.muteForBrowser();
      void this.play();
    }
  }

  pause(): void {
    this.wanted = false;
    this.video.pause();
  }
}
