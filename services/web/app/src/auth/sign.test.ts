/** Whether there is a session, from the page's cookies. */
import { expect, it } from "vitest";
import { signedInHere } from "./sign";

it("only the server's sign counts", () => {
  expect(["signed_in=1", "a=b; signed_in=1; c=d"].map(signedInHere)).toEqual([true, true]);
  expect(["", "signed_in=", "xsigned_in=1", "signed_in=10", "a=signed_in=1"].map(signedInHere)).toEqual(
    Array(5).fill(false),
  );
});
