/** Closing one's account: what happens, in plain words, then the user name typed, then the password if that was long ago. */
import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { closeAccount } from "../../api/account";
import type { User } from "../../api/contract";
import { sentence } from "../../api/problem";
import { session } from "../../auth/session";
import { Button } from "../../ui/button";
import { Field, FormError } from "../../ui/field";
import { Section } from "../moderation/section";
import { useSendsMail, whereMailIs } from "./mail-way";
import { ProofForm } from "./proof-form";
import { useProof } from "./use-proof";

export function CloseSection({ user }: { user: User }) {
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const proof = useProof();
  const sends = useSendsMail();
  const end = () => session.end("closed");
  const close = useMutation({
    mutationFn: async () => {
      if (await proof.run(closeAccount)) end();
    },
  });
  const right = typed.trim().toLowerCase() === user.username;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (right) close.mutate();
  };
  return (
    <Section
      title={t`Delete this account`}
      testId="account-close"
      action={
        !open && (
          <Button weight="danger" data-testid="close-open" onClick={() => setOpen(true)}>
            {t`Delete…`}
          </Button>
        )
      }
    >
      {open && (
        <div className="flex flex-col gap-4 px-4 pb-4 text-sm sm:px-5">
          <div>
            <p className="font-semibold">{t`At once`}</p>
            <p className="text-quiet">
              {t`You are signed out everywhere, a broadcast ends, your channel goes offline and your stream keys are refused. A mail tells you until when its link takes everything back: two weeks, unless the operator chose otherwise.`}{" "}
              {sends === false && whereMailIs()}
            </p>
          </div>
          <div>
            <p className="font-semibold">{t`When that time is over`}</p>
            <p className="text-quiet">
              {t`Your name, address, password, sign-ins, channel, stream keys, follows, chat messages, roles and block lists are erased. Nobody can bring them back, and nobody can register your user name for 90 days. What moderators and staff wrote into their logs about acts stays, some of it with the name that you had then.`}
            </p>
          </div>
          {user.email ? (
            <form onSubmit={submit} className="flex flex-col gap-3" noValidate>
              <Field
                label={t`Type ${user.username} to go on`}
                autoCapitalize="none"
                autoComplete="off"
                spellCheck={false}
                data-testid="close-name"
                value={typed}
                onChange={(e) => setTyped(e.target.value)}
              />
              <div className="flex gap-2">
                <Button
                  type="submit"
                  weight="danger"
                  disabled={!right}
                  busy={close.isPending}
                  data-testid="close-submit"
                >
                  {t`Delete my account`}
                </Button>
                <Button onClick={() => setOpen(false)}>{t`Keep it`}</Button>
              </div>
            </form>
          ) : (
            <p>
              {t`This account has no e-mail address, so it could not be taken back. The operator can remove it.`}
            </p>
          )}
          <FormError>{close.error ? sentence(close.error) : null}</FormError>
          <ProofForm proof={proof} done={end} />
        </div>
      )}
    </Section>
  );
}
