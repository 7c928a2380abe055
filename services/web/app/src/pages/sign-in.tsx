/** Signing in and registering: one form, two sets of questions; and the second step of who has a second factor. */
import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { sentence } from "../api/problem";
import { passkeyChallenge, type SecondStep, secondStepOf } from "../api/second-factor";
import { askPasskey, passkeysWork } from "../auth/passkey";
import { session } from "../auth/session";
import { language } from "../language/language";
import { Button } from "../ui/button";
import { FormError } from "../ui/field";
import { Message } from "../ui/message";
import { useLinkToken } from "./account/link-token";
import { mailTitle, useSendsMail, whereMailIs } from "./account/mail-way";
import { REGISTER, SIGN_IN } from "./account-fields";
import { AccountForm } from "./account-form";
import { SecondStepForm } from "./second-step-form";
import { BackToSignIn, Sheet, TEXT_LINK } from "./sheet";

export function SignIn() {
  const [step, setStep] = useState<SecondStep | null>(null);
  if (step) {
    return (
      <Sheet
        title={t`One more step`}
        foot={
          <button type="button" className={TEXT_LINK} data-testid="second-back" onClick={() => setStep(null)}>
            {t`Back to sign in`}
          </button>
        }
      >
        <SecondStepForm
          step={step}
          prove={async (proof) => {
            await session.finishSignIn(step.mfa_token, proof);
            // Whoever is signed in is led on from the form.
            setStep(null);
          }}
        />
      </Sheet>
    );
  }
  return (
    <AccountForm
      title={t`Sign in`}
      busyTitle={t`Signing in…`}
      testId="login-submit"
      fields={SIGN_IN}
      send={async ({ login = "", password = "" }) => {
        try {
          await session.signIn(login.trim(), password);
          return true;
        } catch (error) {
          const asked = secondStepOf(error);
          if (!asked) throw error;
          setStep(asked);
          return false;
        }
      }}
      after="/"
      also={<PasskeySignIn />}
      other={{ question: t`New here?`, title: t`Register`, path: "/register" }}
      below={
        <>
          <br />
          <Link
            className={`inline-flex min-h-6 items-center ${TEXT_LINK}`}
            to="/forgot-password"
            data-testid="forgot-password"
          >
            {t`Forgotten your password?`}
          </Link>
        </>
      }
    />
  );
}

/** Another way in, where the browser knows passkeys. */
function PasskeySignIn() {
  const enter = useMutation({
    mutationFn: async () => session.signInByPasskey(await askPasskey((await passkeyChallenge()).options)),
  });
  if (!passkeysWork()) return null;
  return (
    <div className="flex flex-col gap-4 pt-4">
      <Button busy={enter.isPending} data-testid="login-passkey" onClick={() => enter.mutate()}>
        {t`Sign in with a passkey`}
      </Button>
      {enter.error && <FormError>{sentence(enter.error)}</FormError>}
    </div>
  );
}

/** Where the address comes first: what is left to do. */
function Asked({ address }: { address: string }) {
  const sends = useSendsMail();
  return (
    <Message title={mailTitle(sends)} testId="register-asked" action={<BackToSignIn />}>
      {sends
        ? t`A mail is on its way to ${address}. Follow the link in it, then sign in.`
        : t`The link that finishes your registration is in a mail to ${address}.`}{" "}
      {sends === false && whereMailIs()}
    </Message>
  );
}

export function Register() {
  // An invitation is a link to this page.
  const { token: invite, forget } = useLinkToken("register");
  const [asked, setAsked] = useState<string | null>(null);
  if (asked) return <Asked address={asked} />;
  return (
    <AccountForm
      title={t`Register`}
      busyTitle={t`Registering…`}
      testId="register-submit"
      fields={REGISTER}
      send={async ({ username = "", email = "", password = "" }) => {
        const signedIn = await session.signUp({
          username: username.trim(),
          email: email.trim(),
          password,
          ...(invite ? { invite } : {}),
          language: language.get(),
        });
        forget();
        if (!signedIn) setAsked(email.trim());
        return signedIn;
      }}
      after="/dashboard"
      other={{ question: t`Already here?`, title: t`Sign in`, path: "/login" }}
      below={
        <>
          <br />
          <Link className={TEXT_LINK} to="/guide/obs" data-testid="to-guide">
            {t`How to go live with OBS`}
          </Link>
        </>
      }
    />
  );
}
