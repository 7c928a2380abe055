/**
 * The playback sessions of this tab: the server gives a `sid` with the multivariant playlist, and counts who shows it again, after a reload or
 * when the player begins anew, as the viewer that they were.
 *
 * What a running page knows is in its memory alone, and goes into the tab's storage when the page goes: a duplicated tab and a window that the
 * page opens get a copy of the storage, where nothing is, and are viewers of their own. Where nothing can be stored each page is one.
 */
import { withParameter } from "./address";

/** Broadcasts remembered; more were left long ago. */
const MOST = 4;
const PLACE = "streamly.playback";

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;
type Page = Pick<EventTarget, "addEventListener">;

export class OwnSessions {
  /** By the playlist asked for; the newest last. */
  private readonly sids = new Map<string, string>();

  constructor(
    private readonly store: () => Store,
    page: Page,
  ) {
    this.take();
    page.addEventListener("pagehide", () => this.leave());
    // Kept as it was and shown again: what it knows is in its memory.
    page.addEventListener("pageshow", (event) => {
      if ((event as PageTransitionEvent).persisted) this.clear();
    });
  }

  /** The address to ask, with the session that is known. One of another broadcast the server does not take. */
  address(url: string): string {
    const sid = this.sids.get(nameOf(url));
    return sid ? withParameter(url, "sid", sid) : url;
  }

  /** `url` was asked for, and its answer named the playlist `list`. */
  heard(url: string, list: string): void {
    const sid = parameters(list).get("sid");
    if (!sid) return;
    const name = nameOf(url);
    this.sids.delete(name);
    this.sids.set(name, sid);
    for (const oldest of [...this.sids.keys()].slice(0, -MOST)) this.sids.delete(oldest);
  }

  private take(): void {
    try {
      const text = this.store().getItem(PLACE);
      for (const [name, sid] of Object.entries(JSON.parse(text ?? "{}")))
        if (typeof sid === "string" && /^\w{1,64}$/.test(sid)) this.sids.set(name, sid);
    } catch {
      // Refused, or not ours.
    }
    this.clear();
  }

  private leave(): void {
    try {
      if (this.sids.size > 0) this.store().setItem(PLACE, JSON.stringify(Object.fromEntries(this.sids)));
    } catch {
      // Full or refused.
    }
  }

  private clear(): void {
    try {
      this.store().removeItem(PLACE);
    } catch {
      // Refused: nothing is there.
    }
  }
}

const parameters = (url: string) => new URLSearchParams(url.split("?")[1]);

/** A preview's session is another than a viewer's; tokens come and go, and plain HLS (`ll=0`) is watched by the same viewer. */
function nameOf(url: string): string {
  return `${url.split("?")[0]}${parameters(url).has("preview") ? "?preview" : ""}`;
}
