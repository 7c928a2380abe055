/** A picture of OBS in the reader's language; it opens alone and in its whole size. `tools/obs-pictures.mjs` takes them. */
import { t } from "@lingui/core/macro";
import { useLanguage } from "../../language/use-language";
import { SHOTS, type ShotName } from "./pictures";

export function ObsShot({ name, alt, narrow = false }: { name: ShotName; alt: string; narrow?: boolean }) {
  // On a phone without the list at its left, and so a third larger.
  const look = `h-auto ${narrow ? "w-full" : "w-full max-sm:-ml-[34%] max-sm:w-[134%] max-sm:max-w-none"}`;
  const { src, width, height } = SHOTS[name][useLanguage()];
  return (
    <a
      href={src}
      target="_blank"
      rel="noreferrer"
      title={t`See it larger`}
      data-testid={`shot-${name}`}
      className={`block overflow-hidden rounded-md border ${narrow ? "max-w-40" : ""}`}
    >
      <img src={src} alt={alt} width={width / 2} height={height / 2} loading="lazy" className={look} />
    </a>
  );
}
