/** Invitations: made, their link copied while it is shown, listed, taken back. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { type Invitation, invitations, invite, takeBack } from "../../api/admin";
import { sentence } from "../../api/problem";
import { Button } from "../../ui/button";
import { CopyButton } from "../../ui/copy-button";
import { Field, FormError, inputLook } from "../../ui/field";
import { ago } from "../../ui/figures";
import { useNow } from "../../ui/use-now";
import { ROW, Section } from "../moderation/section";
import { PagesOf } from "./pages-of";

const DAY_S = 86_400;
const LIVES = [
  { seconds: DAY_S, name: "1 day" },
  { seconds: 7 * DAY_S, name: "7 days" },
  { seconds: 30 * DAY_S, name: "30 days" },
  { seconds: 90 * DAY_S, name: "90 days" },
];

export function Invitations() {
  const client = useQueryClient();
  const [note, setNote] = useState("");
  const [life, setLife] = useState(7 * DAY_S);
  const again = () => client.invalidateQueries({ queryKey: ["own", "admin", "invitations"] });
  const make = useMutation({
    mutationFn: () => invite(note.trim(), life),
    onSuccess: async () => {
      setNote("");
      await again();
    },
  });
  const back = useMutation({ mutationFn: takeBack, onSettled: again });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  const link = make.data?.code ? `${location.origin}/register#${make.data.code}` : null;
  const error = make.error ?? back.error;
  return (
    <Section
      title="Invitations"
      testId="admin-invitations"
      about="Each lets one person register. They count where registration is by invitation (registration.policy); elsewhere nobody needs one."
    >
      <form onSubmit={submit} className="flex flex-wrap items-end gap-3 px-4 pb-4 sm:px-5">
        <div className="min-w-0 flex-1 basis-56">
          <Field
            label="For whom"
            hint="Only admins see it."
            maxLength={500}
            data-testid="invite-note"
            value={note}
            onChange={(e) => setNote(e.target.value)}
          />
        </div>
        <label className="flex flex-col gap-1.5 self-start text-sm font-medium">
          Good for
          <select
            className={`${inputLook} !w-32`}
            value={life}
            data-testid="invite-life"
            onChange={(e) => setLife(Number(e.target.value))}
          >
            {LIVES.map(({ seconds, name }) => (
              <option key={seconds} value={seconds}>
                {name}
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
          Make an invitation
        </Button>
      </form>
      {error && (
        <div className="px-4 pb-4 sm:px-5">
          <FormError>{sentence(error)}</FormError>
        </div>
      )}
      {link && (
        <div className="flex flex-wrap items-center gap-3 border-t bg-ground px-4 py-3 text-sm sm:px-5">
          <p role="status" className="min-w-0 flex-1 basis-64 wrap-anywhere">
            <span className="block text-xs text-quiet">Shown this once. Send it to one person.</span>
            <span data-testid="invite-link">{link}</span>
          </p>
          <CopyButton
            text={link}
            label="Copy the link of the invitation"
            word="Copy link"
            testId="invite-copy"
          />
        </div>
      )}
      <PagesOf
        queryKey={["own", "admin", "invitations"]}
        ask={(cursor, signal) => invitations(cursor, signal)}
        empty="No invitations."
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
  const over = Date.parse(item.expires_at) <= now;
  return (
    <li className={ROW} data-testid="invitation-row">
      <span className="min-w-0 flex-1 wrap-anywhere">
        <bdi className="font-semibold">{item.note || "Without a note"}</bdi>
        <span className="block text-xs text-quiet">
          Made {ago(item.created_at, now)}.{" "}
          {item.used_at
            ? `Used by ${item.used_by ?? "an account that is gone"}, ${ago(item.used_at, now)}.`
            : over
              ? "Over."
              : `Good until ${new Date(item.expires_at).toLocaleString()}.`}
        </span>
      </span>
      {!item.used_at && (
        <Button weight="danger" busy={busy} data-testid="invitation-back" onClick={takeBack}>
          Take back
        </Button>
      )}
    </li>
  );
}
