/** Signing in and registering: one form, two sets of questions. */
import { session } from "../auth/session";
import { REGISTER, SIGN_IN } from "./account-fields";
import { AccountForm } from "./account-form";

export function SignIn() {
  return (
    <AccountForm
      title="Sign in"
      busyTitle="Signing in…"
      testId="login-submit"
      fields={SIGN_IN}
      send={({ login = "", password = "" }) => session.signIn(login.trim(), password)}
      after="/"
      other={{ question: "New here?", title: "Register", path: "/register" }}
    />
  );
}

export function Register() {
  return (
    <AccountForm
      title="Register"
      busyTitle="Registering…"
      testId="register-submit"
      fields={REGISTER}
      send={({ username = "", email = "", password = "" }) =>
        session.signUp(username.trim(), email.trim(), password)
      }
      after="/dashboard"
      other={{ question: "Already here?", title: "Sign in", path: "/login" }}
    />
  );
}
