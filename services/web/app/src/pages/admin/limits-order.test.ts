import { expect, it } from "vitest";
import { howSet, inOrder } from "./limits-order";

const setting = (key: string, value = "1", usual: string | null = "1") => ({ key, value, default: usual });

it("shows first what the operator set, and of all only what is looked for", () => {
  const all = [
    setting("limits.login.burst"),
    setting("limits.mail.burst", "3"),
    setting("most", "7", null),
    setting("workers"),
  ];
  const keys = (typed: string) => inOrder(all, typed).map(({ key }) => key);
  expect(keys("")).toEqual(["limits.mail.burst", "most", "limits.login.burst", "workers"]);
  expect(keys(" BURST  limits")).toEqual(["limits.mail.burst", "limits.login.burst"]);
  expect(keys("burst nothing")).toEqual([]);
});

it("what is nothing by itself is set, and what is as it is by itself is not", () => {
  expect(howSet(setting("most", "7", null))).toBe("set");
  expect(howSet(setting("burst", "3"))).toBe("otherwise");
  expect(howSet(setting("burst"))).toBe("usual");
});
