/**
 * How much of what stands over a page, besides the top bar, is in sight: the window knows it by `--above`, and what fills the rest of the window's
 * height beside the page (the chat, the rail) takes that much less. What has scrolled away takes none.
 */

/** Pixels of a bar that are in sight below the top bar, which covers the window down to `covered`. */
export function inSight(bar: { top: number; bottom: number }, covered: number): number {
  return Math.max(0, bar.bottom - Math.max(covered, bar.top));
}

/** As `ref` of the bar, as long as that is there. */
export function takesRoom(bar: HTMLElement | null) {
  const root = document.documentElement.style;
  let told = Number.NaN;
  const tell = () => {
    if (!bar) return;
    const covered = document.querySelector("header")?.getBoundingClientRect().bottom ?? 0;
    const now = inSight(bar.getBoundingClientRect(), covered);
    // While the page scrolls with nothing left of it, no style is made anew.
    if (now === told) return;
    told = now;
    root.setProperty("--above", `${now}px`);
  };
  const taken = new ResizeObserver(tell);
  if (bar) taken.observe(bar);
  window.addEventListener("scroll", tell, { passive: true });
  return () => {
    taken.disconnect();
    window.removeEventListener("scroll", tell);
    root.removeProperty("--above");
  };
}
