/**
 * The image that goes with the next message, from the choice to the upload's end. One at a time: a later choice, or taking it back, makes
 * whatever an earlier upload brings void. The upload comes from outside; nothing here throws.
 */
import type { ChatImage } from "./frames";

export interface Taken {
  /** What is to be sent; null until it is uploaded. */
  ready: ChatImage | null;
  /** What was chosen, to be shown. */
  file: Blob | null;
}

export const NOTHING: Taken = { ready: null, file: null };

export class ImageTake {
  /** How many were chosen or taken back so far: who was not the last one is too late. */
  private count = 0;

  constructor(
    private readonly upload: (file: Blob) => Promise<ChatImage>,
    private readonly change: (taken: Taken) => void,
    private readonly failed: (why: unknown) => void,
  ) {}

  async take(file: Blob): Promise<void> {
    const mine = ++this.count;
    this.change({ ready: null, file });
    try {
      const ready = await this.upload(file);
      if (mine === this.count) this.change({ ready, file });
    } catch (why) {
      if (mine !== this.count) return;
      this.clear();
      this.failed(why);
    }
  }

  clear(): void {
    this.count++;
    this.change(NOTHING);
  }
}
