/** A new password; other devices are signed out by it. */
import { t } from "@lingui/core/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { changePassword } from "../../api/account";
import { sentence } from "../../api/problem";
import { session } from "../../auth/session";
import { Button } from "../../ui/button";
import { FormError } from "../../ui/field";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { Section } from "../moderation/section";
import { NewPassword, refusedPassword } from "./new-password";
import { ProofForm } from "./proof-form";
import { useProof } from "./use-proof";

export function PasswordSection() {
  const client = useQueryClient();
  const [password, setPassword] = useState("");
  const [done, setDone] = useState(false);
  const proof = useProof();
  const finish = () => {
    setPassword("");
    setDone(true);
    void client.invalidateQueries({ queryKey: ["own", "sessions"] });
  };
  const change = useMutation({
    mutationFn: async (chosen: string) => {
      if (await proof.run(async () => session.adopt(await changePassword(chosen)))) finish();
    },
  });
  const [box, notTaken] = useFirstWrong();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setDone(false);
    if (password) change.mutate(password, { onError: notTaken });
  };
  return (
    <Section
      title={t`Password`}
      testId="account-password"
      about={t`Other devices are signed out when it changes. Your present password is asked for first, unless you signed in just now.`}
    >
      <div className="flex flex-col gap-4 px-4 pb-4 sm:px-5">
        <form ref={box} onSubmit={submit} className="flex flex-col gap-3" noValidate>
          <NewPassword value={password} onChange={setPassword} gap={false} problem={change.error} />
          <FormError>
            {change.error && !refusedPassword(change.error) ? sentence(change.error) : null}
          </FormError>
          <div>
            <Button
              type="submit"
              disabled={!password}
              busy={change.isPending}
              data-testid="change-password-submit"
            >
              {t`Change the password`}
            </Button>
          </div>
        </form>
        <ProofForm proof={proof} done={finish} />
        {done && (
          <p role="status" data-testid="password-changed" className="text-sm">
            {t`Your password is changed.`}
          </p>
        )}
      </div>
    </Section>
  );
}
