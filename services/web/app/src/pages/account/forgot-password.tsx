/** Asks for a mail with a link to a new password. What it says afterwards is the same for every address. */
import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { forgotPassword } from "../../api/account";
import { Problem, sentence } from "../../api/problem";
import { Button } from "../../ui/button";
import { Field, FormError } from "../../ui/field";
import { Message } from "../../ui/message";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { useTitle } from "../../ui/use-title";
import { BackToSignIn, Sheet } from "../sheet";
import { mailTitle, useSendsMail, whereMailIs } from "./mail-way";

export function ForgotPassword() {
  useTitle(t`Forgotten password`);
  const [email, setEmail] = useState("");
  const [gap, setGap] = useState(false);
  const ask = useMutation({ mutationFn: forgotPassword });
  const sends = useSendsMail();
  const [box, notTaken] = useFirstWrong();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setGap(email.trim() === "");
    if (!email.trim()) return notTaken();
    ask.mutate(email.trim(), { onError: notTaken });
  };
  if (ask.isSuccess) {
    return (
      <Message title={mailTitle(sends)} testId="forgot-done" action={<BackToSignIn />}>
        {sends
          ? t`If there is an account with this address, a mail with a link is on its way. It is good for one hour.`
          : t`If there is an account with this address, there is a mail with a link for it, good for one hour.`}{" "}
        {sends === false && whereMailIs()}
      </Message>
    );
  }
  const refused = ask.error instanceof Problem ? ask.error.field("email") : undefined;
  return (
    <Sheet title={t`Forgotten password`} foot={<BackToSignIn />}>
      <form ref={box} onSubmit={submit} className="flex flex-col gap-4" noValidate>
        <Field
          label={t`E-mail`}
          type="email"
          autoComplete="email"
          required
          hint={
            sends === false
              ? t`This platform sends no mail yet: its operator has to give you the link to a new password.`
              : sends
                ? t`A link to a new password is sent there.`
                : t`A link to a new password is made for this address.`
          }
          data-testid="forgot-email"
          value={email}
          error={gap ? t`Type your e-mail address.` : refused}
          onChange={(e) => setEmail(e.target.value)}
        />
        <FormError>{ask.error && !refused ? sentence(ask.error) : null}</FormError>
        <Button type="submit" weight="primary" busy={ask.isPending} data-testid="forgot-submit">
          {t`Ask for a link`}
        </Button>
      </form>
    </Sheet>
  );
}
