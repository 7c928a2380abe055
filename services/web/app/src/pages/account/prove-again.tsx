/** Proves once more who one is: by the password and, where there is one, the second factor; or by a passkey alone. */
import { t } from "@lingui/core/macro";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { sentence } from "../../api/problem";
import { passkeyChallenge, type SecondStep, secondFactor, secondStepOf } from "../../api/second-factor";
import { askPasskey, passkeysWork } from "../../auth/passkey";
import { session } from "../../auth/session";
import { Button } from "../../ui/button";
import { Field, FormError } from "../../ui/field";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { SecondStepForm } from "../second-step-form";

export function ProveAgain({
  label,
  action,
  testId,
  proved,
  cancel,
}: {
  /** Of the password. */
  label: string;
  /** What the button says. */
  action: string;
  /** What the ids of its parts begin with. */
  testId: string;
  /** Goes on with what waited; what is wrong with that is thrown. */
  proved: () => unknown;
  cancel: () => void;
}) {
  const [password, setPassword] = useState("");
  const [step, setStep] = useState<SecondStep | null>(null);
  const has = useQuery({
    queryKey: ["own", "second-factor"],
    queryFn: ({ signal }) => secondFactor(signal),
    enabled: passkeysWork(),
  });
  const prove = useMutation({
    mutationFn: async (typed: string) => {
      try {
        await session.prove({ password: typed });
      } catch (error) {
        const asked = secondStepOf(error);
        if (!asked) throw error;
        setStep(asked);
        return;
      }
      await proved();
    },
    onSettled: () => setPassword(""),
  });
  const byPasskey = useMutation({
    mutationFn: async () => {
      const response = await askPasskey((await passkeyChallenge()).options);
      await session.prove({ method: "passkey", response });
      await proved();
    },
  });
  const [box, notTaken] = useFirstWrong();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (password) prove.mutate(password, { onError: notTaken });
  };
  if (step) {
    return (
      <div className="flex flex-col gap-4">
        <SecondStepForm
          step={step}
          prove={async (proof) => {
            await session.prove({ mfa_token: step.mfa_token, ...proof });
            await proved();
          }}
        />
        <div>
          <Button onClick={cancel}>{t`Cancel`}</Button>
        </div>
      </div>
    );
  }
  return (
    <form ref={box} onSubmit={submit} className="flex flex-col gap-3" noValidate>
      <Field
        label={label}
        type="password"
        autoComplete="current-password"
        autoFocus
        data-testid={`${testId}-password`}
        value={password}
        error={prove.error ? sentence(prove.error) : undefined}
        onChange={(e) => setPassword(e.target.value)}
      />
      {byPasskey.error && <FormError>{sentence(byPasskey.error)}</FormError>}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" weight="primary" busy={prove.isPending} data-testid={`${testId}-submit`}>
          {action}
        </Button>
        {(has.data?.passkeys ?? 0) > 0 && (
          <Button
            busy={byPasskey.isPending}
            data-testid={`${testId}-passkey`}
            onClick={() => byPasskey.mutate()}
          >
            {t`Use a passkey`}
          </Button>
        )}
        <Button onClick={cancel}>{t`Cancel`}</Button>
      </div>
    </form>
  );
}
