/** What is said over the picture: what the channel is doing where there is nothing to see, and short notices where there is. */
import { t } from "@lingui/core/macro";
import { Loader, RotateCw } from "lucide-react";
import { say } from "../language/say";
import type { Shown } from "../live/stream-state";
import { givesFocusOn } from "../ui/focus";
import { STATES } from "../ui/live-badge";
import { qualityLabel, type Sized } from "./quality";
import type { PlayerSnapshot } from "./snapshot";
import { troubleWords } from "./trouble";
import { unplayable } from "./unplayable";

interface Saying {
  head: string;
  tail: string;
}

export function Words({
  shown,
  snapshot,
  name,
  picture,
  preview,
  codecs,
  renditions,
  onAgain,
}: {
  shown: Shown;
  snapshot: PlayerSnapshot;
  name: string;
  picture: boolean;
  preview: boolean;
  codecs: string[];
  renditions: readonly Sized[];
  onAgain: () => void;
}) {
  const { phase } = snapshot;
  const text = wordsFor(shown, snapshot, name, preview, codecs);
  const busy = picture && shown === "live" && !text && (phase === "loading" || phase === "waiting");
  const offered = picture && offersAgain(shown, snapshot);
  const dim = picture && (offered || shown === "reconnecting");
  return (
    <>
      {busy && (
        <Loader
          aria-hidden
          className="pointer-events-none absolute inset-0 m-auto size-9 animate-spin text-white/80"
        />
      )}
      <div
        className={
          text
            ? `pointer-events-none absolute inset-0 flex flex-col items-center justify-center px-6 text-center ${dim ? "bg-black/65 max-sm:pb-16" : picture ? "" : "bg-[oklch(0.13_0.01_265)]"}`
            : "sr-only"
        }
      >
        <div
          role="status"
          data-testid="player-state"
          data-state={shown}
          className="flex max-w-full flex-col items-center"
        >
          {text ? (
            <>
              <span className="line-clamp-2 max-w-full text-base font-semibold wrap-anywhere sm:text-lg">
                {text.head}
              </span>
              <span className="mt-1 line-clamp-3 max-w-md text-sm text-white/75 wrap-anywhere">
                {text.tail}
              </span>
            </>
          ) : (
            say(STATES[shown])
          )}
        </div>
        {offered && (
          <button
            ref={givesFocusOn}
            type="button"
            data-testid="player-again"
            onClick={onAgain}
            className="pointer-events-auto mt-3 inline-flex h-10 shrink-0 items-center gap-2 rounded-sm bg-white px-4 text-sm font-semibold text-black hover:bg-white/85"
          >
            <RotateCw aria-hidden className="size-4" />
            {t`Try again`}
          </button>
        )}
      </div>
      <Notice text={picture ? notice(shown, snapshot, renditions) : null} />
    </>
  );
}

function Notice({ text }: { text: string | null }) {
  return (
    <p
      role="status"
      data-testid="player-notice"
      className={
        text
          ? "pointer-events-none absolute top-3 right-3 z-10 max-w-[min(22rem,calc(100%-1.5rem))] rounded-sm bg-black/80 px-3 py-2 text-sm"
          : "sr-only"
      }
    >
      {text}
    </p>
  );
}

/** Who went back has a picture while the broadcaster is away. */
export function watchesThePast({ phase, behind }: PlayerSnapshot): boolean {
  return behind > 0 && (phase === "playing" || phase === "paused");
}

/** Enough was tried in vain: the viewer may try at once. Who wants to be clicked is asked for that. */
export function offersAgain(shown: Shown, { trouble, needsClick }: PlayerSnapshot): boolean {
  return shown === "live" && trouble !== null && !needsClick;
}

export function notice(
  shown: Shown,
  snapshot: PlayerSnapshot,
  renditions: readonly Sized[] = [],
): string | null {
  const lost = snapshot.lost === "source" ? t`Source` : snapshot.lost;
  if (lost) return t`${lost} is not available right now. The picture goes on in Auto.`;
  if (snapshot.lowered) {
    const chosen = snapshot.qualities.find(({ name }) => name === snapshot.lowered);
    const lowered = chosen ? qualityLabel(chosen, renditions) : snapshot.lowered;
    return t`${lowered} does not arrive right now. The picture goes on with less, and ${lowered} comes back by itself.`;
  }
  if (shown === "reconnecting" && watchesThePast(snapshot)) {
    return t`The broadcaster lost the connection. What you watch goes on.`;
  }
  return null;
}

export function wordsFor(
  shown: Shown,
  snapshot: PlayerSnapshot,
  name: string,
  preview: boolean,
  codecs: string[],
): Saying | null {
  switch (shown) {
    case "offline":
      return { head: t`${name} is offline`, tail: t`The picture starts here by itself when they go live.` };
    case "starting":
      return { head: t`Starting`, tail: t`${name} is about to go live. Stay here.` };
    case "reconnecting":
      if (watchesThePast(snapshot)) return null;
      if (preview) return { head: t`Nothing arrives`, tail: t`Viewers are asked to hang on.` };
      return {
        head: t`Hang on, the broadcaster lost the connection`,
        tail: t`The picture comes back by itself.`,
      };
    case "ended":
      return { head: t`The broadcast has ended`, tail: t`Thanks for watching ${name}.` };
    case "live":
      if (snapshot.phase === "unsupported") return unplayable(codecs);
      return snapshot.trouble && offersAgain(shown, snapshot) ? troubleWords(snapshot.trouble) : null;
  }
}
