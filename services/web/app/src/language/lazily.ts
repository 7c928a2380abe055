/** A component whose code is loaded when it is first shown, and with it the texts that the first view did not need. */
import { type ComponentType, type LazyExoticComponent, lazy } from "react";
import type { Part } from "./catalogues";
import { language } from "./language";

export function lazily<P>(
  load: () => Promise<ComponentType<P>>,
  parts: Part[] = ["chat", "rest", "categories"],
): LazyExoticComponent<ComponentType<P>> {
  return lazy(async () => {
    const [component] = await Promise.all([load(), language.add(parts)]);
    return { default: component };
  });
}
