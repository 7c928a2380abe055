/** Whether there is a session, from the page's cookies. */
import { afterEach, expect, it, vi } from "vitest";
import { cookiesKept, forgetSign, signedInHere } from "./sign";

afterEach(() => vi.unstubAllGlobals());

/** A page whose browser does with cookies what `write` does. */
function page(jar: string[], write: (cookie: string) => void) {
  const document = {
    get cookie() {
      return jar.join("; ");
    },
    set cookie(cookie: string) {
      write(cookie);
    },
  };
  vi.stubGlobal("document", document);
}

it("only the server's sign counts", () => {
  expect(["signed_in=1", "a=b; signed_in=1; c=d"].map(signedInHere)).toEqual([true, true]);
  expect(["", "signed_in=", "xsigned_in=1", "signed_in=10", "a=signed_in=1"].map(signedInHere)).toEqual(
    Array(5).fill(false),
  );
});

it("a browser that keeps cookies is found out, and nothing is left of the trial", () => {
  const jar = ["a=b"];
  page(jar, (cookie) => {
    const pair = cookie.split(";")[0] ?? "";
    if (cookie.includes("Max-Age=0"))
      jar.splice(
        jar.findIndex((one) => one.startsWith(pair)),
        1,
      );
    else jar.push(pair);
  });
  expect(cookiesKept()).toBe(true);
  expect(jar).toEqual(["a=b"]);
});

it("one that keeps none, or throws when it is asked, has no session and breaks nothing", () => {
  page([], () => {});
  expect(cookiesKept()).toBe(false);
  const refuse = () => {
    throw new DOMException("refused", "SecurityError");
  };
  vi.stubGlobal("document", Object.defineProperty({}, "cookie", { get: refuse, set: refuse }));
  expect(cookiesKept()).toBe(false);
  expect(signedInHere()).toBe(false);
  expect(forgetSign).not.toThrow();
});
