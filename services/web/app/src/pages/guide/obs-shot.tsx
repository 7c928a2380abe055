/**
 * A picture of OBS in the reader's language; it opens alone and in its whole size. On a phone it is as large as OBS is, without the list at its left,
 * and is scrolled sideways. `tools/obs-pictures.mjs` takes them.
 */
import { t } from "@lingui/core/macro";
import { useSyncExternalStore } from "react";
import { useLanguage } from "../../language/use-language";
import { SHOTS, type ShotName } from "./pictures";

/** Of a picture's width: the list of OBS' settings at its left. */
const LIST = 0.27;

/** Below Tailwind's `sm`. */
const query = matchMedia("(max-width: 639px)");

function subscribe(changed: () => void): () => void {
  query.addEventListener("change", changed);
  return () => query.removeEventListener("change", changed);
}

export function ObsShot({ name, alt, narrow = false }: { name: ShotName; alt: string; narrow?: boolean }) {
  const { src, width, height } = SHOTS[name][useLanguage()];
  const scrolls = useSyncExternalStore(subscribe, () => query.matches) && !narrow;
  const points = width / 2;
  const picture = (
    <a
      href={src}
      target="_blank"
      rel="noreferrer"
      title={t`See it larger`}
      data-testid={`shot-${name}`}
      className={scrolls ? "block w-max" : "block"}
    >
      <img
        src={src}
        alt={alt}
        width={points}
        height={height / 2}
        loading="lazy"
        className={scrolls ? "max-w-none" : "h-auto w-full"}
        style={scrolls ? { marginLeft: -Math.round(points * LIST) } : undefined}
      />
    </a>
  );
  const look = "rounded-md border";
  if (!scrolls) return <div className={`overflow-hidden ${look} ${narrow ? "max-w-50" : ""}`}>{picture}</div>;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is filled in
    <div
      role="group"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached, by keyboard too
      tabIndex={0}
      aria-label={t`Picture of OBS, wider than the screen`}
      className={`overflow-x-auto ${look}`}
    >
      {picture}
    </div>
  );
}
