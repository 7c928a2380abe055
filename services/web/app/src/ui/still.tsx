/**
 * What is on air, as a small picture that is changed for a newer one without a gap: the new one is loaded beneath and shown once it is
 * there. What lies behind the first one stays to be seen while that is not loaded, or cannot be.
 */
import { useState } from "react";

/** `early`: it is among what is seen first. */
export function Still(props: { url: string; blurred: boolean; early?: boolean; testId?: string }) {
  const { blurred, early, testId } = props;
  const url = ownPath(props.url);
  // The first has nothing to wait for: drawn as it comes, and browsers take it for what the page shows.
  const [shown, setShown] = useState(url);
  const look = `absolute inset-0 size-full object-cover ${blurred ? "scale-110 blur-2xl" : ""}`;
  return (
    <span aria-hidden className="absolute inset-0 overflow-hidden bg-transparent">
      <img
        src={shown}
        alt=""
        loading={early ? "eager" : "lazy"}
        decoding="async"
        data-testid={testId}
        data-blurred={blurred}
        className={look}
      />
      {shown !== url && (
        <img
          key={url}
          src={url}
          alt=""
          loading="lazy"
          decoding="async"
          className={`${look} opacity-0`}
          onLoad={() => setShown(url)}
        />
      )}
    </span>
  );
}

/** By way of this page's own origin: the platform names it by its public address, from which a page opened by another may load nothing. */
function ownPath(url: string): string {
  const { pathname, search } = new URL(url, window.location.href);
  return `${pathname}${search}`;
}
