/** Whether a page fits its window, whether what is on it can be reached, and what moves on it. */
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
