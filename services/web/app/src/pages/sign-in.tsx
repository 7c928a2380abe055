/** Signing in and registering: one form, two sets of questions. */
import { useState } from "react";
import { Link } from "react-router";
import { session } from "../auth/session";
import { Message } from "../ui/message";
import { useLinkToken } from "./account/link-token";
import { REGISTER, SIGN_IN } from "./account-fields";
import { AccountForm } from "./account-form";
import { TEXT_LINK } from "./sheet";

export function SignIn() {
  return (
    <AccountForm
      title="Sign in"
      busyTitle="Signing in…"
      testId="login-submit"
      fields={SIGN_IN}
      send={async ({ login = "", password = "" }) => {
        await session.signIn(login.trim(), password);
        return true;
      }}
      after="/"
      other={{ question: "New here?", title: "Register", path: "/register" }}
      below={
        <>
          <br />
          <Link className={TEXT_LINK} to="/forgot-password" data-testid="forgot-password">
            Forgotten your password?
          </Link>
        </>
      }
    />
  );
}

export function Register() {
  // An invitation is a link to this page.
  const { token: invite, forget } = useLinkToken("register");
  const [asked, setAsked] = useState<string | null>(null);
  if (asked) {
    return (
      <Message title="Look into your mail" testId="register-asked">
        A mail is on its way to {asked}. Follow the link in it, then sign in.
      </Message>
    );
  }
  return (
    <AccountForm
      title="Register"
      busyTitle="Registering…"
      testId="register-submit"
      fields={REGISTER}
      send={async ({ username = "", email = "", password = "" }) => {
        const signedIn = await session.signUp(username.trim(), email.trim(), password, invite ?? undefined);
        forget();
        if (!signedIn) setAsked(email.trim());
        return signedIn;
      }}
      after="/dashboard"
      other={{ question: "Already here?", title: "Sign in", path: "/login" }}
    />
  );
}
