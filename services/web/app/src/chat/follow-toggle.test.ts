/** What is said of a follow, or of a bell, that came to nothing. */
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, it, vi } from "vitest";
import { Problem } from "../api/problem";
import { FollowToggle } from "./follow-toggle";

/** Of the follow and of the bell, in this order. */
let errors: (Error | null)[] = [];
vi.mock("@tanstack/react-query", () => ({
  useQueryClient: () => ({}),
  useQuery: () => ({ data: "told" }),
  useMutation: () => ({ error: errors.shift() ?? null, isPending: false }),
}));
vi.mock("../live/use-live", () => ({ keys: {} }));

const shown = (...of: (Error | null)[]) => {
  errors = of;
  return renderToStaticMarkup(createElement(FollowToggle, { username: "ada", small: false }));
};
const away = new Problem(0, "unreachable", "");

it.each([
  ["follow", [away, null]],
  ["bell", [null, away]],
])("a %s that failed is said beside it, at once to who does not see it", (_what, of) => {
  expect(shown(...of)).toMatch(/role="alert"[^>]*>The server cannot be reached\. Check your connection/);
});

it("nothing is said where nothing failed", () => {
  expect(shown(null, null)).not.toContain("alert");
});
