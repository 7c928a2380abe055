/**
 * In place of a part of the page whose code could not be had: the network is bad, or the page is older than the server. The bar below the page
 * (`frame/lost-bar`) says it aloud.
 */
import { t } from "@lingui/core/macro";
import { useEffect } from "react";
import { lostPart } from "../frame/lost-part";

const AGAIN_MS = 30_000;

export function Missing() {
  useEffect(lostPart.again, []);
  return (
    <p data-testid="part-missing" className="m-auto px-3 py-2 text-center text-xs text-quiet">
      {t`This part of the page could not be loaded.`}{" "}
      <button type="button" className="underline" onClick={() => location.reload()}>
        {t`Reload`}
      </button>
    </p>
  );
}

/** Over somebody's stream, where nobody can press anything. */
export function MissingUnseen() {
  useEffect(() => {
    document.documentElement.style.cssText = "background: transparent; color-scheme: light only";
    const timer = setTimeout(() => location.reload(), AGAIN_MS);
    return () => clearTimeout(timer);
  }, []);
  return null;
}
