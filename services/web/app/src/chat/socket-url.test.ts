/** Where chat's socket is. */
import { afterEach, expect, it, vi } from "vitest";
import { socketUrl } from "./socket-url";

afterEach(() => vi.unstubAllGlobals());

/** A page from that address, with that in its head. */
function page(protocol: string, host: string, said?: string) {
  vi.stubGlobal("location", { protocol, host });
  vi.stubGlobal("document", {
    querySelector: (asked: string) =>
      asked === 'meta[name="chat"]' && said !== undefined ? { content: said } : null,
  });
}

it("is at the page's own origin, by TLS if the page is", () => {
  page("http:", "localhost:3000");
  expect(socketUrl()).toBe("ws://localhost:3000/ws");
  page("https:", "stream.example");
  expect(socketUrl()).toBe("wss://stream.example/ws");
});

it("is where the page says, if it says so", () => {
  page("https:", "stream.example", "wss://chat.stream.example/ws");
  expect(socketUrl()).toBe("wss://chat.stream.example/ws");
  page("https:", "stream.example", "");
  expect(socketUrl()).toBe("wss://stream.example/ws");
});
