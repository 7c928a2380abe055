/** The account's passkeys: names, last use, another name, and removal. */
import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { sentence } from "../../api/problem";
import { type Passkey, renamePasskey } from "../../api/second-factor";
import { Button } from "../../ui/button";
import { Field } from "../../ui/field";
import { ago } from "../../ui/figures";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { useNow } from "../../ui/use-now";
import { ROW } from "../moderation/section";
import { lossWords } from "./loss-words";

export function PasskeyRow({
  passkey,
  last,
  busy,
  changed,
  remove,
}: {
  passkey: Passkey;
  /** The account has no other second factor. */
  last: boolean;
  busy: boolean;
  changed: () => void;
  remove: () => void;
}) {
  const now = useNow(30_000);
  const [doing, setDoing] = useState<"rename" | "remove" | null>(null);
  const [name, setName] = useState(passkey.name);
  const rename = useMutation({
    mutationFn: (typed: string) => renamePasskey(passkey.id, typed),
    onSuccess: () => {
      setDoing(null);
      changed();
    },
  });
  const [box, notTaken] = useFirstWrong();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) rename.mutate(name.trim(), { onError: notTaken });
  };
  if (doing === "rename") {
    return (
      <li className={ROW} data-testid="passkey-row">
        <form
          ref={box}
          onSubmit={submit}
          className="flex min-w-0 flex-1 flex-wrap items-end gap-2"
          noValidate
        >
          <div className="min-w-40 flex-1">
            <Field
              label={t`Name of this passkey`}
              maxLength={60}
              autoFocus
              data-testid="passkey-name"
              value={name}
              error={rename.error ? sentence(rename.error) : undefined}
              onChange={(e) => setName(e.target.value)}
            />
          </div>
          <Button type="submit" className="!h-10" busy={rename.isPending} data-testid="passkey-name-save">
            {t`Save`}
          </Button>
          <Button className="!h-10" onClick={() => setDoing(null)}>
            {t`Cancel`}
          </Button>
        </form>
      </li>
    );
  }
  return (
    <li className={ROW} data-testid="passkey-row">
      <span className="min-w-0 flex-1 basis-44 wrap-anywhere">
        <span className="font-semibold">{passkey.name}</span>
        <span className="block text-xs text-quiet">
          {doing === "remove" ? (
            lossWords(last)
          ) : (
            <>
              {t`Passkey, added ${ago(passkey.created_at, now)}.`}{" "}
              {passkey.last_used_at ? t`Last used ${ago(passkey.last_used_at, now)}.` : t`Not used yet.`}
            </>
          )}
        </span>
      </span>
      {doing === "remove" ? (
        <>
          <Button weight="danger" busy={busy} data-testid="passkey-remove-confirm" onClick={remove}>
            {t`Remove it`}
          </Button>
          <Button onClick={() => setDoing(null)}>{t`Keep it`}</Button>
        </>
      ) : (
        <>
          <Button
            data-testid="passkey-rename"
            aria-label={t`Rename ${passkey.name}`}
            onClick={() => setDoing("rename")}
          >
            {t`Rename`}
          </Button>
          <Button
            data-testid="passkey-remove"
            aria-label={t`Remove ${passkey.name}`}
            onClick={() => setDoing("remove")}
          >
            {t`Remove`}
          </Button>
        </>
      )}
    </li>
  );
}
