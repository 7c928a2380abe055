import { expect, it } from "vitest";
import { isOverStream } from "./over-stream";

it("the chat's overlay lies over a stream, and no other page does", () => {
  const over = ["/overlay/ada/chat", "/Overlay/Ada/chat/"];
  const not = ["/", "/overlay", "/overlays/ada", "/ada", "/popout/ada/chat", "/ada/overlay/chat"];
  expect([...over, ...not].filter(isOverStream)).toEqual(over);
});
