/** A ban with its reason, which the person is told, and a note, which only moderators see; or a time-out of any length. */
import { t } from "@lingui/core/macro";
import { type FormEvent, useState } from "react";
import { ban } from "../../api/chat";
import { told } from "../../api/told";
import { Button } from "../../ui/button";
import { Field, FormError, inputLook } from "../../ui/field";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { TIMEOUTS } from "../deeds";
import type { ChatUser } from "../frames";
import { longSpan } from "../spans";

export function BanForm({ room, user, done }: { room: string; user: ChatUser; done: () => void }) {
  const [length, setLength] = useState("");
  const [reason, setReason] = useState("");
  const [note, setNote] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const { of, form } = told(error, ["reason", "note"]);
  const [box, notTaken] = useFirstWrong();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await ban(room, user.id, {
        ...(length ? { duration_s: Number(length) } : {}),
        ...(reason.trim() ? { reason: reason.trim() } : {}),
        ...(note.trim() ? { note: note.trim() } : {}),
      });
      done();
    } catch (why) {
      setError(why);
      setBusy(false);
      notTaken();
    }
  };
  return (
    <form ref={box} onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      <label className="flex flex-col gap-1.5 text-sm font-medium">
        {t`For how long`}
        <select
          className={inputLook}
          value={length}
          data-testid="ban-length"
          onChange={(e) => setLength(e.target.value)}
        >
          <option value="">{t`For good`}</option>
          {TIMEOUTS.map((seconds) => (
            <option key={seconds} value={seconds}>
              {longSpan(seconds)}
            </option>
          ))}
        </select>
      </label>
      <Field
        label={t`Reason`}
        hint={t`They are told.`}
        value={reason}
        maxLength={200}
        error={of("reason")}
        data-testid="ban-reason"
        onChange={(e) => setReason(e.target.value)}
      />
      <Field
        label={t`Note`}
        hint={t`Only moderators see it.`}
        value={note}
        maxLength={500}
        error={of("note")}
        data-testid="ban-note"
        onChange={(e) => setNote(e.target.value)}
      />
      <FormError>{form}</FormError>
      <div className="flex justify-end">
        <Button type="submit" weight="danger" busy={busy} data-testid="ban-submit">
          {length ? t`Time out` : t`Ban`}
        </Button>
      </div>
    </form>
  );
}
