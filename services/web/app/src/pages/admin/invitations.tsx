/** Invitations: made, their link copied while it is shown, listed, taken back. */

import { t } from "@lingui/core/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { type Invitation, invitations, invite, takeBack } from "../../api/admin";
import { afterwards, askAgain } from "../../api/ask-again";
import { sentence } from "../../api/problem";
import { told } from "../../api/told";
import { longSpan } from "../../chat/spans";
import { Button } from "../../ui/button";
import { CopyButton } from "../../ui/copy-button";
import { Field, FormError, inputLook } from "../../ui/field";
import { ago, exactly } from "../../ui/figures";
import { Question } from "../../ui/question";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { useNow } from "../../ui/use-now";
import { useQuestion } from "../../ui/use-question";
import { ROW, Section } from "../moderation/section";
import { PagesOf } from "./pages-of";

const DAY_S = 86_400;
const LIVES = [1, 7, 30, 90].map((days) => days * DAY_S);

export function Invitations() {
  const client = useQueryClient();
  const [note, setNote] = useState("");
  const [life, setLife] = useState(7 * DAY_S);
  const again = () => askAgain(client, ["own", "admin", "invitations"]);
  const make = useMutation({
    mutationFn: () => invite(note.trim(), life),
    onSuccess: async () => {
      setNote("");
      await again();
    },
  });
  const back = useMutation({ mutationFn: takeBack, onSettled: afterwards(again) });
  const { of, form } = told(make.error, ["note"]);
  const [box, notTaken] = useFirstWrong();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate(undefined, { onError: notTaken });
  };
  const link = make.data?.code ? `${location.origin}/register#${make.data.code}` : null;
  const error = form ?? (back.error ? sentence(back.error) : null);
  return (
    <Section
      title={t`Invitations`}
      testId="admin-invitations"
      about={t`Each lets one person register. They count where registration is by invitation (registration.policy); elsewhere nobody needs one.`}
    >
      <form ref={box} onSubmit={submit} className="flex flex-wrap items-end gap-3 px-4 pb-4 sm:px-5">
        <div className="min-w-0 flex-1 basis-56">
          <Field
            label={t`For whom`}
            hint={t`Only admins see it.`}
            maxLength={500}
            error={of("note")}
            data-testid="invite-note"
            value={note}
            onChange={(e) => setNote(e.target.value)}
          />
        </div>
        <label className="flex flex-col gap-1.5 self-start text-sm font-medium">
          {t`Good for`}
          <select
            className={`${inputLook} !w-32`}
            value={life}
            data-testid="invite-life"
            onChange={(e) => setLife(Number(e.target.value))}
          >
            {LIVES.map((seconds) => (
              <option key={seconds} value={seconds}>
                {longSpan(seconds)}
              </option>
            ))}
          </select>
        </label>
        <Button
          type="submit"
          weight="primary"
          className="mt-[1.625rem] !h-10 self-start"
          busy={make.isPending}
          data-testid="invite-submit"
        >
          {t`Make an invitation`}
        </Button>
      </form>
      {error && (
        <div className="px-4 pb-4 sm:px-5">
          <FormError>{error}</FormError>
        </div>
      )}
      {link && (
        <div className="flex flex-wrap items-center gap-3 border-t bg-ground px-4 py-3 text-sm sm:px-5">
          <p role="status" className="min-w-0 flex-1 basis-64 wrap-anywhere">
            <span className="block text-xs text-quiet">{t`Shown this once. Send it to one person.`}</span>
            <span data-testid="invite-link">{link}</span>
          </p>
          <CopyButton
            text={link}
            label={t`Copy the link of the invitation`}
            word={t`Copy link`}
            testId="invite-copy"
          />
        </div>
      )}
      <PagesOf
        queryKey={["own", "admin", "invitations"]}
        ask={(cursor, signal) => invitations(cursor, signal)}
        empty={t`No invitations.`}
      >
        {(item) => (
          <Row
            key={item.id}
            item={item}
            busy={back.isPending && back.variables === item.id}
            takeBack={() => back.mutate(item.id)}
          />
        )}
      </PagesOf>
    </Section>
  );
}

function Row({ item, busy, takeBack }: { item: Invitation; busy: boolean; takeBack: () => void }) {
  const now = useNow(30_000);
  const question = useQuestion();
  const made = ago(item.created_at, now);
  // One that is over lets nobody in: there is nothing to ask about.
  const over = Date.parse(item.expires_at) <= now;
  return (
    <li className={ROW} data-testid="invitation-row">
      <span className="min-w-0 flex-1 basis-44 wrap-anywhere">
        <bdi className="font-semibold">{item.note || t`Without a note`}</bdi>
        <span className="block text-xs text-quiet">
          {question.asking
            ? t`Its link lets nobody register then.`
            : `${t`Made ${made}.`} ${fate(item, now)}`}
        </span>
      </span>
      {!item.used_at && (
        <Question
          question={question}
          ask={(opener) => (
            <Button
              {...opener}
              weight="danger"
              busy={busy}
              data-testid="invitation-back"
              onClick={over ? takeBack : opener.onClick}
            >
              {over ? t`Remove` : t`Take back`}
            </Button>
          )}
          yes={t`Yes, take it back`}
          no={t`Keep it`}
          busy={busy}
          testIds={["invitation-back", "invitation-back-confirm", "invitation-back-cancel"]}
          onYes={takeBack}
        />
      )}
    </li>
  );
}

/** What became of it. */
function fate({ used_at: used, used_by: by, expires_at: end }: Invitation, now: number): string {
  if (used) {
    const when = ago(used, now);
    return by ? t`Used by ${by}, ${when}.` : t`Used by an account that is gone, ${when}.`;
  }
  if (Date.parse(end) <= now) return t`Over.`;
  const until = exactly(end);
  return t`Good until ${until}.`;
}
