import { expect, it } from "vitest";
import { isSignInForm } from "./sign-in-form";

it("signing in and its passwords are forms that stand alone, channels and other pages are not", () => {
  const forms = ["/login", "/register", "/forgot-password", "/reset-password", "/login/"];
  expect(forms.filter((path) => !isSignInForm(path))).toEqual([]);
  const others = ["/", "/login_fan", "/password", "/verify-email", "/settings/account", "/maya/login"];
  expect(others.filter(isSignInForm)).toEqual([]);
});
