/**
 * Which rung plays: hls.js' choice or the viewer's, and for a while none above a cap, because what is above it does not arrive. The viewer's choice
 * is remembered by its name: over a cap, a reload, and other indices. It reads and writes hls.js; what is shown goes into the snapshot.
 */
import type Hls from "hls.js";
import { Cost } from "./cost";
import type { Quality } from "./quality";
import { type How, Relief } from "./relief";
import { IDLE, type Shown } from "./snapshot";

/** Seconds of smooth play after which a cap is lifted; at the longest, where it is needed again and again. */
export const CAP = { first: 30, most: 480 } as const;
/** Seconds of smooth play by hls.js' choice after something that cannot be read. Once more that soon after, and the rung is no good. */
export const AROUND = 5;
/** A quality that is gone, or does not arrive, is named for so long, seconds. */
const NAMED = 8;

/** What of hls.js is used. */
type Levels = Pick<Hls, "loadLevel" | "manualLevel" | "autoLevelCapping" | "nextAutoLevel">;

export class Rungs {
  /** What the loaded one takes. */
  readonly cost = new Cost();
  /** The viewer's choice; null: auto. */
  private wish: string | null = null;
  /** The best that is played for now; null: any. */
  private cap: string | null = null;
  private readonly relief = new Relief(CAP.first, CAP.most);
  /** On while the viewer's choice waits for hls.js to go around what cannot be read. */
  private readonly around = new Relief(AROUND, AROUND);
  private namedUntil = Number.POSITIVE_INFINITY;

  constructor(
    private readonly hls: () => Levels | null,
    private readonly shown: Pick<Shown, "get" | "change">,
  ) {}

  /** What there is to choose from, at the start and whenever hls.js leaves one out. */
  offered(qualities: Quality[], now: number): void {
    this.shown.change({ qualities });
    if (this.wish !== null && this.indexOf(this.wish) === -1) this.lose(now);
    if (this.cap !== null && this.indexOf(this.cap) === -1) this.uncap();
    this.apply();
  }

  /** -1 is auto. From the next fragment on: dropping what is buffered would stop the picture, since that is all there is. */
  choose(index: number): void {
    const hls = this.hls();
    if (!hls) return;
    this.wish = this.shown.get().qualities.find((quality) => quality.index === index)?.name ?? null;
    this.around.reset();
    this.uncap();
    hls.loadLevel = index;
    this.shown.change({ chosen: index, lost: null, lowered: null });
  }

  /**
   * Something failed while the choice was hls.js': if it had been the viewer's, that one is gone. One part that is `unreadable` is none of its
   * fault: hls.js plays another rung for it (`preserveManualLevelOnError` would try the same one again), and the viewer's comes back behind it.
   */
  failed(now: number, unreadable = false): void {
    if (this.wish === null || this.cap !== null || this.around.on) return;
    if (unreadable && !this.around.liftedWithin(AROUND)) {
      this.around.take();
      return;
    }
    this.lose(now);
    this.shown.change({ chosen: -1 });
  }

  /** The best rung below the one that is loaded that takes less than that one does; null where there is none. */
  get below(): Quality | null {
    const loaded = this.hls()?.loadLevel ?? -1;
    const { qualities } = this.shown.get();
    const lower = qualities.filter(({ index, bitrate }) => index < loaded && this.cost.spares(bitrate));
    return lower.reduce<Quality | null>(
      (best, next) => (best && best.index > next.index ? best : next),
      null,
    );
  }

  /** Nothing above that one for a while. */
  lower(now: number): void {
    const { below } = this;
    const hls = this.hls();
    if (!hls || !below) return;
    this.cap = below.name;
    this.relief.take();
    if (this.wish !== null) this.name({ lowered: this.wish }, now);
    this.apply();
    // Else it keeps to what it chose before, until that is loaded.
    hls.nextAutoLevel = below.index;
  }

  /** Called often. `how`: as far as it tells whether what was taken may be lifted. */
  look(now: number, elapsed: number, how: How): void {
    const uncapped = this.relief.look(elapsed, how);
    if (uncapped) this.cap = null;
    if (this.around.look(elapsed, how) || uncapped) this.apply();
    if (now > this.namedUntil) {
      this.namedUntil = Number.POSITIVE_INFINITY;
      this.shown.change({ lost: null, lowered: null });
    }
  }

  /** Another broadcast, with other rungs. */
  forget(): void {
    this.wish = null;
    this.cap = null;
    this.relief.reset();
    this.around.reset();
    this.shown.change({ qualities: IDLE.qualities, chosen: -1, capped: -1, lost: null, lowered: null });
  }

  private apply(): void {
    const [chosen, capped] = [this.indexOf(this.wish), this.indexOf(this.cap)];
    const hls = this.hls();
    if (hls) {
      const manual = capped === -1 && !this.around.on ? chosen : -1;
      hls.autoLevelCapping = capped;
      if (hls.manualLevel !== manual) hls.loadLevel = manual;
    }
    this.shown.change({ chosen, capped });
  }

  private lose(now: number): void {
    this.name({ lost: this.wish }, now);
    this.wish = null;
  }

  private name(what: { lost?: string | null; lowered?: string | null }, now: number): void {
    this.namedUntil = now + NAMED;
    this.shown.change({ lost: null, lowered: null, ...what });
  }

  private uncap(): void {
    this.cap = null;
    this.relief.reset();
    this.shown.change({ capped: -1 });
    const hls = this.hls();
    if (hls) hls.autoLevelCapping = -1;
  }

  private indexOf(name: string | null): number {
    if (name === null) return -1;
    return this.shown.get().qualities.find((quality) => quality.name === name)?.index ?? -1;
  }
}
