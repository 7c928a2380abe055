/** Where the link of a forgotten password leads: a new one is chosen, then one signs in with it. */
import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link } from "react-router";
import { resetPassword } from "../../api/account";
import { sentence } from "../../api/problem";
import { session } from "../../auth/session";
import { Button, buttonLook } from "../../ui/button";
import { FormError } from "../../ui/field";
import { Message } from "../../ui/message";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { useTitle } from "../../ui/use-title";
import { Sheet } from "../sheet";
import { useLinkToken } from "./link-token";
import { NewPassword, refusedPassword } from "./new-password";
import { BrokenLink } from "./verify-email";

export function ResetPassword() {
  useTitle(t`New password`);
  const { token, forget } = useLinkToken("reset-password");
  const [password, setPassword] = useState("");
  const [gap, setGap] = useState(false);
  const [box, notTaken] = useFirstWrong();
  const reset = useMutation({
    mutationFn: async (link: string) => {
      await resetPassword(link, password);
      forget();
      // All sign-ins of the account have ended, perhaps this browser's.
      if (session.get().status === "in") await session.renew();
    },
  });
  if (reset.isSuccess) {
    return (
      <Message
        title={t`Your password is changed`}
        testId="reset-done"
        action={
          <Link className={buttonLook("primary")} to="/login">
            {t`Sign in`}
          </Link>
        }
      >
        {t`You were signed out everywhere.`}
      </Message>
    );
  }
  if (!token) return <BrokenLink />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setGap(password === "");
    if (!password) return notTaken();
    reset.mutate(token, { onError: notTaken });
  };
  return (
    <Sheet title={t`New password`}>
      <form ref={box} onSubmit={submit} className="flex flex-col gap-4" noValidate>
        <NewPassword value={password} onChange={setPassword} gap={gap} problem={reset.error} />
        <FormError>{reset.error && !refusedPassword(reset.error) ? sentence(reset.error) : null}</FormError>
        <Button type="submit" weight="primary" busy={reset.isPending} data-testid="reset-submit">
          {t`Change the password`}
        </Button>
      </form>
    </Sheet>
  );
}
