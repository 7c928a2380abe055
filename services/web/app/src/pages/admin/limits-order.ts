/** Which settings are shown, and in which order. */
import type { Setting } from "../../api/admin";

/**
 * Whether it is as the operator set it: `otherwise` than it is by itself, or `set` where it is nothing by itself, be it one that must be set or
 * one that may be.
 */
export function howSet({ value, default: usual }: Setting): "otherwise" | "set" | "usual" {
  if (usual === null) return "set";
  return value === usual ? "usual" : "otherwise";
}

const ORDER = ["otherwise", "set", "usual"];

/** Those whose key has every word of `typed`: those set otherwise first, then those set, else by key as the service gives them. */
export function inOrder<S extends Setting>(items: S[], typed: string): S[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const found = items.filter(({ key }) => words.every((word) => key.includes(word)));
  return ORDER.flatMap((how) => found.filter((setting) => howSet(setting) === how));
}
