/** Whether a page fits its window, whether what is on it can be reached, what moves on it, and whether it jumps. */
import assert from "node:assert/strict";
import { until } from "./harness.mjs";

/** Nothing makes the page wider than the window. What does is named. */
export async function assertFits({ page }, what) {
  const { wide, room, culprits } = await page.evaluate(() => {
    const { scrollWidth: wide, clientWidth: room } = document.scrollingElement;
    const out = (element) => element.getBoundingClientRect().right > room + 0.5;
    const culprits = [...document.body.querySelectorAll("*")]
      .filter((element) => out(element) && !out(element.parentElement))
      .slice(0, 5)
      .map((element) => `<${element.localName} class="${element.className}">`);
    return { wide, room, culprits };
  });
  assert.ok(wide <= room, `${what}: ${wide} of ${room} px; ${culprits.join(" ")}`);
}

/** It can be scrolled to, is in the window with all of its width, and nothing lies over its middle. */
export async function assertReachable({ at }, id, what) {
  const element = at(id).first();
  await element.waitFor();
  let seen = "";
  const reached = async () => {
    seen = await element.evaluate((found) => {
      found.scrollIntoView({ block: "center", behavior: "instant" });
      const { left, right, top, bottom } = found.getBoundingClientRect();
      const room = document.scrollingElement.clientWidth;
      if (left < -0.5 || right > room + 0.5)
        return `from ${Math.round(left)} to ${Math.round(right)} of ${room} px`;
      const middle = (top + bottom) / 2;
      if (middle < 0 || middle > innerHeight) return `at ${Math.round(middle)} of ${innerHeight} px`;
      const hit = document.elementFromPoint((left + right) / 2, middle);
      if (found.contains(hit)) return "";
      return `under <${hit?.localName} data-testid="${hit?.dataset.testid}" class="${hit?.getAttribute("class")}">`;
    });
    return seen === "";
  };
  await until(`${id} can be reached`, reached, 5_000).catch(() =>
    assert.fail(`${what}: ${id} cannot be reached: ${seen}`),
  );
}

/** Milliseconds; a motion that takes no longer is none to the eye. */
export const MOMENT_MS = 100;

/** For `addInitScript` with `MOMENT_MS`: from then on `window.moved` is what moved for longer than a moment, or without end. */
export function noteMotion(moment) {
  window.moved = [];
  window.lasting = (animation) => {
    const { iterations, activeDuration } = animation.effect?.getComputedTiming() ?? {};
    return iterations === Number.POSITIVE_INFINITY || activeDuration > moment;
  };
  window.nameOf = ({ animationName, transitionProperty, effect }) =>
    `${animationName ?? transitionProperty} of <${effect?.target?.localName} class="${effect?.target?.getAttribute("class")}">`;
  for (const kind of ["animationstart", "transitionrun"])
    document.addEventListener(
      kind,
      ({ target }) => window.moved.push(...target.getAnimations().filter(window.lasting).map(window.nameOf)),
      { capture: true },
    );
}

/** What moved since the page was opened, and what moves now. */
export const motions = ({ page }) =>
  page.evaluate(() => {
    const running = document.getAnimations().filter(({ playState }) => playState === "running");
    return [...new Set([...window.moved, ...running.filter(window.lasting).map(window.nameOf)])];
  });

/** The sum of layout shifts (Layout Instability API) from which on a page jumps. 0.1 is what the web at large calls good. */
const MOST_SHIFT = 0.05;

/** For `addInitScript`: from then on `window.shifts` is what was moved by something else on the page. */
export function noteShifts() {
  window.shifts = [];
  window.shiftsSeen = new PerformanceObserver((list) => window.shifts.push(...list.getEntries()));
  window.shiftsSeen.observe({ type: "layout-shift", buffered: true });
}

/** Nothing on the page jumped since it was opened, but by what somebody did. What did is named. */
export async function assertStill({ page }, what) {
  const { sum, culprits } = await page.evaluate(async () => {
    // What was moved last is told with the next picture.
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    window.shifts.push(...window.shiftsSeen.takeRecords());
    const unasked = window.shifts.filter(({ hadRecentInput }) => !hadRecentInput);
    const culprits = unasked.flatMap(({ value, sources }) =>
      sources.map(({ node, previousRect, currentRect }) => {
        const { localName, className } = node instanceof Element ? node : (node?.parentElement ?? {});
        const [before, after] = [previousRect, currentRect].map(({ x, y }) => `${x},${y}`);
        return `${value.toFixed(3)}: <${localName} class="${className}"> from ${before} to ${after}`;
      }),
    );
    const sum = unasked.reduce((all, { value }) => all + value, 0);
    return { sum, culprits };
  });
  const those = culprits.slice(0, 8).join("; ");
  assert.ok(sum < MOST_SHIFT, `${what}: things jump by ${sum.toFixed(3)}; ${those}`);
}
