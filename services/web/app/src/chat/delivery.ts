/**
 * Sends what was said until it is confirmed: again under its nonce while the connection is open, and at each join, so that it appears once.
 * After some tries, or when the server may have forgotten the nonce, it has failed.
 */
import type { Pending } from "./log";

/** The server takes the same nonce for the same message for two minutes; after that a retry could appear twice. */
const NONCE_LIFE_MS = 110_000;
/** An unconfirmed message is sent again after so long, while the connection is open. */
const CONFIRM_MS = 6_000;
/** Tries of one message on open connections before it is called failed. */
const MAX_TRIES = 3;

export interface DeliveryOptions {
  /** What was said and is not confirmed. */
  pending: () => readonly Pending[];
  /** Whether something said would arrive in the room now. */
  isOpen: () => boolean;
  send: (message: Pending) => void;
  failed: (nonce: string) => void;
}

export class Delivery {
  private tries = new Map<string, { count: number; timer: ReturnType<typeof setTimeout> }>();

  constructor(private readonly options: DeliveryOptions) {}

  deliver(nonce: string): void {
    const { pending, isOpen, send, failed } = this.options;
    const message = pending().find((p) => p.nonce === nonce);
    if (message?.state !== "sending" || !isOpen()) return;
    const count = (this.tries.get(nonce)?.count ?? 0) + 1;
    clearTimeout(this.tries.get(nonce)?.timer);
    if (count > MAX_TRIES || Date.now() - message.since > NONCE_LIFE_MS) {
      this.settle(nonce);
      failed(nonce);
      return;
    }
    this.tries.set(nonce, { count, timer: setTimeout(() => this.deliver(nonce), CONFIRM_MS) });
    send(message);
  }

  /** After a join all of it, counting its tries anew. */
  resend(): void {
    for (const message of this.options.pending()) {
      if (message.state !== "sending") continue;
      const known = this.tries.get(message.nonce);
      if (known) {
        clearTimeout(known.timer);
        this.tries.set(message.nonce, { count: 0, timer: known.timer });
      }
      this.deliver(message.nonce);
    }
  }

  /** It is answered, or of no use any more. */
  settle(nonce: string): void {
    clearTimeout(this.tries.get(nonce)?.timer);
    this.tries.delete(nonce);
  }

  /** Whatever is not pending any more. */
  settleConfirmed(): void {
    const { pending } = this.options;
    for (const nonce of [...this.tries.keys()]) {
      if (!pending().some((p) => p.nonce === nonce)) this.settle(nonce);
    }
  }

  close(): void {
    for (const nonce of [...this.tries.keys()]) this.settle(nonce);
  }
}
