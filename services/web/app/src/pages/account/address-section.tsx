/** The account's address: whether it is confirmed, and how it becomes another one. */
import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { changeEmail, sendVerification } from "../../api/account";
import type { User } from "../../api/contract";
import { Problem, sentence } from "../../api/problem";
import { Button } from "../../ui/button";
import { Field, FormError } from "../../ui/field";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { Section } from "../moderation/section";
import { useSendsMail, whereMailIs } from "./mail-way";
import { ProofForm } from "./proof-form";
import { useProof } from "./use-proof";

export function AddressSection({ user }: { user: User }) {
  const [email, setEmail] = useState("");
  const [asked, setAsked] = useState<string | null>(null);
  const proof = useProof();
  const sends = useSendsMail();
  const verify = useMutation({ mutationFn: sendVerification });
  const sent = (address: string) => {
    setAsked(address);
    setEmail("");
  };
  const change = useMutation({
    mutationFn: async (address: string) => {
      if (await proof.run(() => changeEmail(address))) sent(address);
    },
  });
  const [box, notTaken] = useFirstWrong();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (email.trim()) change.mutate(email.trim(), { onError: notTaken });
  };
  const refused = change.error instanceof Problem ? change.error.field("email") : undefined;
  return (
    <Section title={t`E-mail`} testId="account-address">
      <div className="flex flex-col gap-4 px-4 pb-4 sm:px-5">
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-sm">
          <p className="min-w-0 flex-1 basis-44 wrap-anywhere">
            <span data-testid="account-email">{user.email ?? t`No address`}</span>
            <span className="block text-xs text-quiet" data-testid="account-verified">
              {user.email_verified ? t`Confirmed` : t`Not confirmed yet`}
            </span>
          </p>
          {user.email && !user.email_verified && (
            <Button
              busy={verify.isPending}
              disabled={verify.isSuccess}
              data-testid="send-verification"
              onClick={() => verify.mutate()}
            >
              {!verify.isSuccess ? t`New link` : sends ? t`A mail is on its way` : t`There is a new link`}
            </Button>
          )}
        </div>
        {sends === false && user.email && !user.email_verified && (
          <p data-testid="address-no-mail" className="text-sm text-quiet">
            {t`The link that confirms your address is in a mail to you.`} {whereMailIs()}
          </p>
        )}
        <FormError>{verify.error ? sentence(verify.error) : null}</FormError>
        <form ref={box} onSubmit={submit} className="flex items-end gap-2" noValidate>
          <div className="min-w-0 flex-1">
            <Field
              label={t`Another address`}
              type="email"
              autoComplete="email"
              data-testid="change-email"
              value={email}
              error={refused}
              onChange={(e) => setEmail(e.target.value)}
            />
          </div>
          <Button
            type="submit"
            className="!h-10"
            disabled={!email.trim()}
            busy={change.isPending}
            data-testid="change-email-submit"
          >
            {t`Change`}
          </Button>
        </form>
        <FormError>{change.error && !refused ? sentence(change.error) : null}</FormError>
        <ProofForm proof={proof} done={() => sent(email.trim())} />
        {asked && (
          <p role="status" data-testid="change-email-asked" className="text-sm wrap-anywhere">
            {sends
              ? t`A mail is on its way to ${asked}. Your address changes when you follow the link in it.`
              : t`Your address changes when you follow the link in the mail to ${asked}.`}{" "}
            {sends === false && whereMailIs()}
          </p>
        )}
      </div>
    </Section>
  );
}
