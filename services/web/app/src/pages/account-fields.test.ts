/** An empty form says what it wants; nothing is sent. */
import { expect, it } from "vitest";
import { missing, REGISTER, SIGN_IN } from "./account-fields";

it("each field left empty says what to type", () => {
  expect(missing(SIGN_IN, {})).toEqual({
    login: "Type your user name or e-mail address.",
    password: "Type your password.",
  });
  expect(missing(SIGN_IN, { login: " ", password: " " })).toEqual({
    login: "Type your user name or e-mail address.",
  });
  expect(Object.keys(missing(REGISTER, { username: "maya" }))).toEqual(["email", "password"]);
  expect(missing(REGISTER, { username: "m", email: "e", password: "p" })).toEqual({});
});

it("a name with other signs is said to be wrong while it is typed", () => {
  const wrong = REGISTER[0]?.wrong;
  expect(wrong?.("maya_1")).toBeUndefined();
  expect(wrong?.("may a")).toMatch(/Only letters/);
});
