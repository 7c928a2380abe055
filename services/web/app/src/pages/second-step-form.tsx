/** Asks for a second factor in whichever way the account has: a passkey, a code of the app, a recovery code. */

import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Problem, sentence } from "../api/problem";
import type { Method, Proof, SecondStep } from "../api/second-factor";
import { askPasskey, passkeysWork } from "../auth/passkey";
import { say } from "../language/say";
import { Button } from "../ui/button";
import { Field, FormError } from "../ui/field";
import { useFirstWrong } from "../ui/use-first-wrong";
import { TEXT_LINK } from "./sheet";

const OTHER_WAY: Record<Method, MessageDescriptor> = {
  passkey: msg`Use a passkey`,
  totp: msg`Use a code of your app`,
  recovery: msg`Use a recovery code`,
};

export function SecondStepForm({
  step,
  prove,
}: {
  step: SecondStep;
  /** What is wrong is thrown. */
  prove: (proof: Proof) => Promise<void>;
}) {
  const ways = step.methods.filter((method) => method !== "passkey" || passkeysWork());
  const [method, setMethod] = useState<Method | undefined>(ways[0]);
  const [code, setCode] = useState("");
  const [gap, setGap] = useState(false);
  const check = useMutation({
    mutationFn: async (way: Method) =>
      prove({ method: way, response: way === "passkey" ? await askPasskey(step.passkey) : code }),
    // One that was refused is of no more use; one that did not arrive may be.
    onError: (error) => {
      if (error instanceof Problem && error.code === "invalid_second_factor") setCode("");
    },
  });
  const [box, notTaken] = useFirstWrong();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const empty = method !== "passkey" && !code.trim();
    setGap(empty);
    if (empty) return notTaken();
    if (method) check.mutate(method, { onError: notTaken });
  };
  const turnTo = (way: Method) => {
    setMethod(way);
    setCode("");
    setGap(false);
    check.reset();
  };
  if (!method)
    return <FormError>{t`Your passkey cannot be used on this page or in this browser.`}</FormError>;
  const error = check.error ? said(check.error) : undefined;
  return (
    <form
      ref={box}
      onSubmit={submit}
      className="flex flex-col gap-4"
      noValidate
      data-testid="second-step"
      data-method={method}
    >
      {method === "passkey" ? (
        <>
          <p className="text-sm text-quiet">{t`Your passkey proves that it is you, after the password.`}</p>
          <FormError>{error}</FormError>
        </>
      ) : (
        <Field
          key={method}
          label={method === "totp" ? t`Code of your authenticator app` : t`Recovery code`}
          hint={
            method === "totp"
              ? t`Six digits, a new one every 30 seconds.`
              : t`One of the codes that you kept. It is good once.`
          }
          inputMode={method === "totp" ? "numeric" : "text"}
          autoComplete={method === "totp" ? "one-time-code" : "off"}
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          required
          maxLength={method === "totp" ? 7 : 20}
          data-testid="second-code"
          value={code}
          error={gap ? t`Type the code.` : error}
          onChange={(e) => setCode(e.target.value)}
        />
      )}
      <Button type="submit" weight="primary" busy={check.isPending} data-testid="second-submit">
        {method === "passkey" ? t`Use your passkey` : t`Go on`}
      </Button>
      {ways.length > 1 && (
        <p className="flex flex-wrap gap-x-4 gap-y-2 text-sm">
          {ways
            .filter((way) => way !== method)
            .map((way) => (
              <button
                key={way}
                type="button"
                className={TEXT_LINK}
                data-testid={`second-use-${way}`}
                onClick={() => turnTo(way)}
              >
                {say(OTHER_WAY[way])}
              </button>
            ))}
        </p>
      )}
    </form>
  );
}

/** The password was proved too long ago, or another was tried too often: then there is no further try here. */
function said(error: unknown): string {
  if (error instanceof Problem && error.code === "invalid_credentials") {
    return t`This took too long, or there were too many tries. Begin again with your password.`;
  }
  return sentence(error);
}
