/** Volume and mute of a video element: what was remembered, what the viewer wants, and the browser's rule against sound. */
import type { PlayerSnapshot } from "./snapshot";
import { rememberedVolume, rememberVolume } from "./volume";

/** Volume after unmuting what was turned down to nothing. */
const AUDIBLE = 0.5;

export class Sound {
  /** `silent` starts muted and leaves what is remembered alone. */
  constructor(
    private readonly video: HTMLVideoElement,
    private readonly silent: boolean,
    private readonly change: (part: Partial<PlayerSnapshot>) => void,
  ) {
    const { level, muted } = rememberedVolume();
    video.volume = level;
    video.muted = silent || muted;
    this.tell();
  }

  /** The element's own word, after each of its changes. */
  tell = (): void => this.change({ volume: this.video.volume, muted: this.video.muted });

  setMuted(muted: boolean): void {
    this.video.muted = muted;
    if (!muted && this.video.volume === 0) this.video.volume = AUDIBLE;
    this.chosen(muted);
  }

  setVolume(level: number): void {
    const clamped = Math.min(1, Math.max(0, level));
    this.video.volume = clamped;
    this.video.muted = clamped === 0;
    this.chosen(clamped === 0);
  }

  /** The browser plays only without sound. */
  muteForBrowser(): void {
    this.video.muted = true;
    this.change({ mutedByBrowser: true });
  }

  private chosen(muted: boolean): void {
    this.change({ mutedByBrowser: false });
    if (!this.silent) rememberVolume({ level: this.video.volume, muted });
  }
}
