/** The player's keys and what they do, as a list for people. Loaded with it. */
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { STEP } from "./keys";

const { small, large } = STEP;

/** `only`: where the player can do that. */
export const KEYS: Array<{
  keys: Array<string | MessageDescriptor>;
  does: MessageDescriptor;
  only?: "theatre" | "captions";
}> = [
  { keys: [msg`Space`, "K"], does: msg`Pause and play` },
  { keys: ["←", "→"], does: msg`${small} s back, forward` },
  { keys: ["J", "L"], does: msg`${large} s back, forward` },
  { keys: ["M"], does: msg`Sound off and on` },
  { keys: ["↑", "↓"], does: msg`In the player and in full screen: louder, quieter` },
  { keys: ["C"], does: msg`Captions on and off`, only: "captions" },
  { keys: ["T"], does: msg`Theatre mode`, only: "theatre" },
  { keys: ["F"], does: msg`Full screen` },
  { keys: [msg`Page ↑`, msg`Page ↓`], does: msg`On the time bar: a minute` },
  { keys: [msg`Home`, msg`End`], does: msg`On the time bar: oldest, live` },
  { keys: ["S"], does: msg`Stats for nerds` },
  { keys: ["?"], does: msg`This list` },
];
