/**
 * The text of a server-sent event stream, cut into events. Pure and incremental: any split of the text gives the same
 * events (WHATWG HTML, "9.2.6 Interpreting an event stream"). The longest line and event are bounded.
 */

export interface ServerEvent {
  /** Last id seen, also from earlier events. */
  id: string;
  event: string;
  data: string;
}

/** A longer event is dropped: no event of ours comes near it, and a runaway stream must not fill memory. */
export const MAX_EVENT_CHARS = 1 << 20;

export class EventParser {
  private rest = "";
  private data: string[] = [];
  private size = 0;
  private event = "";
  private id = "";
  /** From a `retry:` line; milliseconds. */
  retry: number | null = null;

  get lastId(): string {
    return this.id;
  }

  push(text: string): ServerEvent[] {
    const out: ServerEvent[] = [];
    this.rest += text;
    for (;;) {
      const end = this.rest.search(/\r|\n/);
      if (end < 0) break;
      // A lone CR at the end may be half of CRLF: wait for what follows.
      if (this.rest[end] === "\r" && end + 1 === this.rest.length) break;
      const width = this.rest[end] === "\r" && this.rest[end + 1] === "\n" ? 2 : 1;
      const line = this.rest.slice(0, end);
      this.rest = this.rest.slice(end + width);
      const event = this.line(line);
      if (event) out.push(event);
    }
    if (this.rest.length > MAX_EVENT_CHARS) this.rest = "";
    return out;
  }

  private line(line: string): ServerEvent | null {
    if (line === "") return this.dispatch();
    if (line.startsWith(":")) return null;
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? "" : line.slice(colon + 1);
    if (value.startsWith(" ")) value = value.slice(1);
    if (field === "data") {
      this.size += value.length;
      if (this.size <= MAX_EVENT_CHARS) this.data.push(value);
    } else if (field === "event") this.event = value;
    else if (field === "id" && !value.includes("\0")) this.id = value;
    else if (field === "retry" && /^\d+$/.test(value)) this.retry = Number(value);
    return null;
  }

  private dispatch(): ServerEvent | null {
    const whole = this.data.length > 0 && this.size <= MAX_EVENT_CHARS;
    const event = whole ? { id: this.id, event: this.event || "message", data: this.data.join("\n") } : null;
    this.data = [];
    this.size = 0;
    this.event = "";
    return event;
  }
}
