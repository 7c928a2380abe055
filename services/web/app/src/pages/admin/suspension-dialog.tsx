/**
 * Asks why an account is suspended, which the person reads, and says what that does; or why a suspension ends, which the log alone keeps and which
 * may be left out.
 */
import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { type StaffAccount, suspend, unsuspend } from "../../api/admin";
import { told } from "../../api/told";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Field, FormError } from "../../ui/field";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { useSendsMail } from "../account/mail-way";

/** Characters; the server takes no more. */
const LONGEST_REASON = 500;

export type Suspending = "suspend" | "lift";

const words = (what: Suspending, username: string, sends: boolean | null) =>
  what === "lift"
    ? {
        title: t`Lift the suspension of ${username}`,
        about: null,
        reason: t`Reason (optional)`,
        hint: t`It is written into the log; they do not read it.`,
        deed: t`Lift the suspension`,
      }
    : {
        title: t`Suspend ${username}`,
        about: t`They are signed out everywhere at once, their broadcast ends and their stream keys are refused. Nothing is deleted: lifting the suspension gives all of it back.`,
        reason: t`Reason`,
        hint:
          sends === null
            ? t`It is written into the log.`
            : sends
              ? t`They read it in a mail, and it is written into the log.`
              : t`It is written into the log. The mail that tells them stays on the page “Mails”: this platform sends none yet.`,
        deed: t`Suspend`,
      };

export function SuspensionDialog({
  what,
  account,
  close,
  done,
}: {
  what: Suspending;
  account: StaffAccount;
  close: () => void;
  done: () => void;
}) {
  const [reason, setReason] = useState("");
  const [gap, setGap] = useState(false);
  const act = what === "lift" ? unsuspend : suspend;
  const deed = useMutation({ mutationFn: () => act(account.id, reason.trim()), onSuccess: done });
  const { of, form } = told(deed.error, ["reason"]);
  const said = words(what, account.username, useSendsMail());
  const [box, notTaken] = useFirstWrong();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const missing = what === "suspend" && !reason.trim();
    setGap(missing);
    if (missing) return notTaken();
    deed.mutate(undefined, { onError: notTaken });
  };
  return (
    <Dialog title={said.title} onClose={close} testId={`${what}-dialog`}>
      <form ref={box} onSubmit={submit} className="flex flex-col gap-4" noValidate>
        {said.about && <p className="text-sm text-quiet">{said.about}</p>}
        <Field
          label={said.reason}
          hint={said.hint}
          maxLength={LONGEST_REASON}
          data-first
          data-testid={`${what}-reason`}
          value={reason}
          error={gap ? t`Say why.` : of("reason")}
          onChange={(e) => {
            setReason(e.target.value);
            setGap(false);
            if (deed.error) deed.reset();
          }}
        />
        <FormError>{form}</FormError>
        <div className="flex justify-end gap-2">
          <Button onClick={close}>{t`Cancel`}</Button>
          <Button
            type="submit"
            weight={what === "lift" ? "primary" : "danger"}
            busy={deed.isPending}
            data-testid={`${what}-submit`}
          >
            {said.deed}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
