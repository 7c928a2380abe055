/** Look a person up, and who is kept out at present. */
import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { type Ban, bans, card, unban } from "../../api/chat";
import { Problem, sentence } from "../../api/problem";
import { useSession } from "../../auth/use-session";
import type { Deeds } from "../../chat/deeds";
import { BanForm } from "../../chat/dialogs/ban-form";
import { UserCard } from "../../chat/dialogs/user-card";
import type { ChatUser } from "../../chat/frames";
import { nameOf } from "../../chat/text";
import { useBlocks } from "../../chat/use-blocks";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Field, FormError } from "../../ui/field";
import { dateTime } from "../../ui/figures";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { ROW, Rows, Section } from "./section";
import { useDeed, usePart } from "./use-desk";

/** At the desk nothing is written and no line is near. */
const NO_LINES: Pick<
  Deeds,
  "writes" | "hidden" | "reply" | "mention" | "jump" | "remove" | "timeout" | "pin" | "block" | "undo"
> = {
  writes: false,
  hidden: new Set(),
  reply: () => {},
  mention: () => {},
  jump: () => {},
  remove: () => {},
  timeout: () => {},
  pin: () => {},
  block: () => {},
  undo: () => {},
};

export function People({ room }: { room: string }) {
  const session = useSession();
  const [name, setName] = useState("");
  const [shown, setShown] = useState<{ user: ChatUser; ban: boolean } | null>(null);
  const list = usePart(room, "bans", (signal) => bans(room, signal));
  const lift = useDeed(room, ["bans", "audit"], (ban: Ban) => unban(room, ban.user.id));
  const blocks = useBlocks(session.status === "in");
  const find = useMutation({
    mutationFn: () => card(room, name.trim().replace(/^@/, "")),
    onSuccess: ({ user }) => setShown({ user, ban: false }),
  });
  const [box, notTaken] = useFirstWrong();
  const unknown = find.error instanceof Problem && find.error.status === 404;
  return (
    <>
      <Section title={t`Look somebody up`}>
        <form
          ref={box}
          className="flex items-start gap-2 px-4 pb-4 sm:px-5"
          onSubmit={(event: FormEvent) => {
            event.preventDefault();
            if (name.trim()) find.mutate(undefined, { onError: notTaken });
          }}
        >
          <div className="min-w-0 flex-1">
            <Field
              label={t`User name`}
              value={name}
              autoCapitalize="none"
              spellCheck={false}
              data-testid="desk-find"
              error={find.error ? (unknown ? t`Nobody has that name.` : sentence(find.error)) : undefined}
              onChange={(e) => {
                setName(e.target.value);
                find.reset();
              }}
            />
          </div>
          <Button
            type="submit"
            className="mt-[1.625rem] !h-10"
            busy={find.isPending}
            data-testid="desk-find-submit"
          >
            {t`Look up`}
          </Button>
        </form>
      </Section>
      <Section title={t`Banned and timed out`} testId="desk-bans">
        <FormError>{lift.error ? sentence(lift.error) : null}</FormError>
        <Rows query={list} empty={t`Nobody is kept out.`}>
          {(ban) => (
            <li key={ban.user.id} className={ROW} data-testid="desk-ban">
              <button
                type="button"
                className="min-w-0 flex-1 rounded-sm text-left wrap-anywhere hover:underline"
                onClick={() => setShown({ user: ban.user, ban: false })}
              >
                <bdi className="font-semibold">{nameOf(ban.user)}</bdi>
                <span className="block text-xs text-quiet">
                  {banWords(ban)}, {dateTime(ban.at)}
                  {ban.reason ? `. ${ban.reason}` : ""}
                  {ban.note ? ` (${t`note: ${ban.note}`})` : ""}
                </span>
              </button>
              <Button busy={lift.isPending} data-testid="desk-unban" onClick={() => lift.mutate(ban)}>
                {ban.kind === "ban" ? t`Unban` : t`End it`}
              </Button>
            </li>
          )}
        </Rows>
      </Section>
      {shown && (
        <Dialog
          title={shown.ban ? t`Ban ${nameOf(shown.user)}` : nameOf(shown.user)}
          testId="user-card"
          onClose={() => setShown(null)}
        >
          {shown.ban ? (
            <BanForm room={room} user={shown.user} done={() => setShown(null)} />
          ) : (
            <UserCard
              room={room}
              user={shown.user}
              message={undefined}
              lines={[]}
              deeds={{
                ...NO_LINES,
                room,
                moderates: true,
                me: session.user,
                ask: () => {},
              }}
              blocks={blocks}
              ask={(what) => what?.kind === "ban" && setShown({ user: what.user, ban: true })}
              close={() => setShown(null)}
            />
          )}
        </Dialog>
      )}
    </>
  );
}

function banWords({ kind, until, actor }: Ban): string {
  const by = actor?.username && nameOf(actor);
  if (kind === "ban") return by ? t`Banned by ${by}` : t`Banned`;
  const end = until && dateTime(until);
  if (end) return by ? t`Timed out until ${end} by ${by}` : t`Timed out until ${end}`;
  return by ? t`Timed out by ${by}` : t`Timed out`;
}
