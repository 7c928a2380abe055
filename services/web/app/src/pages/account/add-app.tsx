/** A new authenticator app: its secret as a picture and as text, and the code that shows that the app has it. */
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { sentence } from "../../api/problem";
import { confirmApp, type NewApp } from "../../api/second-factor";
import { Button } from "../../ui/button";
import { CopyButton } from "../../ui/copy-button";
import { Dialog } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { TEXT_LINK } from "../sheet";

export function AddApp({
  app,
  added,
  close,
}: {
  app: NewApp;
  /** With recovery codes, if the account had none. */
  added: (codes: string[]) => void;
  close: () => void;
}) {
  const [code, setCode] = useState("");
  const confirm = useMutation({
    mutationFn: confirmApp,
    onSuccess: ({ recovery_codes }) => added(recovery_codes),
    onError: () => setCode(""),
  });
  const [box, notTaken] = useFirstWrong();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (code.trim()) confirm.mutate(code, { onError: notTaken });
  };
  return (
    <Dialog title={t`Add an authenticator app`} testId="add-app" onClose={close}>
      <form ref={box} onSubmit={submit} className="flex flex-col gap-4" noValidate>
        <p className="text-sm">
          <Trans>
            Scan this with your authenticator app,{" "}
            <a className={TEXT_LINK} href={app.otpauth_url}>
              open it in the app on this device
            </a>
            , or type the key into it.
          </Trans>
        </p>
        <img
          src={`data:image/svg+xml,${encodeURIComponent(app.qr_svg)}`}
          alt={t`QR code for the app`}
          data-testid="app-qr"
          className="size-48 self-center rounded-sm"
        />
        <div className="flex items-center gap-2">
          <code className="min-w-0 flex-1 text-sm wrap-anywhere" data-testid="app-secret">
            {app.secret.match(/.{1,4}/g)?.join(" ")}
          </code>
          <CopyButton text={app.secret} label={t`Copy the key`} />
        </div>
        <Field
          label={t`Code that the app shows`}
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={7}
          data-testid="app-code"
          value={code}
          error={confirm.error ? sentence(confirm.error) : undefined}
          onChange={(e) => setCode(e.target.value)}
        />
        <div className="flex gap-2">
          <Button
            type="submit"
            weight="primary"
            disabled={!code.trim()}
            busy={confirm.isPending}
            data-testid="app-confirm"
          >
            {t`Add the app`}
          </Button>
          <Button onClick={close}>{t`Cancel`}</Button>
        </div>
      </form>
    </Dialog>
  );
}
