/**
 * Belongs into whatever stands in place of something that is on its way: once that takes longer than usual, it says so. It goes when what was
 * waited for comes. Of several on a page one is spoken by screen readers, the others are only there to be read.
 */
import { t } from "@lingui/core/macro";
import { useEffect, useState } from "react";

/** Longer than a page usually takes on a slow line, ms. */
export const SLOW_MS = 3_000;

/** Those that wait, the oldest first, each by how it is told that it is the one that is spoken. */
const waiting = new Set<(speaks: true) => void>();

const handOn = () => waiting.values().next().value?.(true);

/** `className` is its whole look; it takes no room until it says something. */
export function SlowWords({ className = "text-sm text-quiet" }: { className?: string }) {
  const [slow, setSlow] = useState(false);
  const [speaks, setSpeaks] = useState(false);
  useEffect(() => {
    // A region is spoken if it was there before its words: the oldest is, which is slow first.
    waiting.add(setSpeaks);
    handOn();
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => {
      clearTimeout(timer);
      waiting.delete(setSpeaks);
      handOn();
    };
  }, []);
  return (
    <p role={speaks ? "status" : undefined} className={`empty:absolute ${className}`}>
      {slow && (
        <span data-testid="slow">
          {t`This takes longer than usual. It goes on by itself as soon as the server answers.`}
        </span>
      )}
    </p>
  );
}
