/**
 * A component whose code is loaded when it is first shown, and with it the texts that the first view did not need. Where that cannot be had it
 * says so in its own place, or is `instead`: what else is on the page, a picture that plays, goes on.
 */
import { type ComponentType, type LazyExoticComponent, lazy, type ReactNode } from "react";
import { tellError } from "../frame/errors";
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
      return { default: instead };
    }
  });
}

async function persistently<T>(load: () => Promise<T>): Promise<T> {
  for (const pause of PAUSES_MS) {
    try {
      return await load();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return load();
}
