/**
 * A component whose code is loaded when it is first shown, and with it the texts that the first view did not need. Where that cannot be had it
 * says so in its own place, or is `instead`, and in the bar below the page: what else is on the page, a picture that plays, goes on.
 */
import { type ComponentType, type LazyExoticComponent, lazy, type ReactNode } from "react";
import { tellError } from "../frame/errors";
import { isGone, lostPart } from "../frame/lost-part";
import { Missing } from "../ui/missing";
import type { Part } from "./catalogues";
import { language } from "./language";

/** Pauses before what could not be had is asked for again, ms. Browsers ask anew; what a newer server has no more stays away. */
const PAUSES_MS = [500, 3_000];

export function lazily<P>(
  load: () => Promise<ComponentType<P>>,
  parts: Part[] = ["chat", "rest", "categories"],
  instead: () => ReactNode = Missing,
): LazyExoticComponent<ComponentType<P>> {
  return lazy(async () => {
    try {
      const [component] = await Promise.all([persistently(load), persistently(() => language.add(parts))]);
      return { default: component };
    } catch (error) {
      console.error(error);
      tellError(error);
      void lostPart.told(error);
      return { default: instead };
    }
  });
}

async function persistently<T>(load: () => Promise<T>): Promise<T> {
  for (const [n, pause] of PAUSES_MS.entries()) {
    try {
      return await load();
    } catch (error) {
      // Gone twice is no server that is being exchanged just now: nobody waits for what does not come.
      if (n > 0 && (await isGone(error))) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return load();
}
