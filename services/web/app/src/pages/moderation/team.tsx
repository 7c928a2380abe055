/** Who helps the owner: moderators and VIPs. */
import { t } from "@lingui/core/macro";
import { type FormEvent, useState } from "react";
import { type Member, members, removeMember, setMember } from "../../api/chat";
import { Problem, sentence } from "../../api/problem";
import { Button } from "../../ui/button";
import { Field, FormError, inputLook } from "../../ui/field";
import { useFirstWrong } from "../../ui/use-first-wrong";
import { ROW, Rows, Section } from "./section";
import { useDeed, usePart } from "./use-desk";

export function Team({ room }: { room: string }) {
  const list = usePart(room, "members", (signal) => members(signal));
  const [name, setName] = useState("");
  const [role, setRole] = useState<Member["role"]>("moderator");
  const set = useDeed(room, ["members", "audit"], ({ who, as }: { who: string; as: Member["role"] }) =>
    setMember(who, as),
  );
  const remove = useDeed(room, ["members", "audit"], (who: string) => removeMember(who));
  const [box, notTaken] = useFirstWrong();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const who = name.trim().replace(/^@/, "").toLowerCase();
    if (who) set.mutate({ who, as: role }, { onSuccess: () => setName(""), onError: notTaken });
  };
  const unknown = set.error instanceof Problem && set.error.code === "user_not_found";
  const error = (unknown ? null : set.error) ?? remove.error;
  return (
    <Section
      title={t`Team`}
      testId="desk-team"
      about={t`Moderators keep the chat in order for you. VIPs are exempt from modes and rules, and have no other rights.`}
    >
      <form ref={box} onSubmit={submit} className="flex flex-wrap items-start gap-2 px-4 pb-4 sm:px-5">
        <div className="min-w-0 flex-1 basis-48">
          <Field
            label={t`User name`}
            value={name}
            autoCapitalize="none"
            spellCheck={false}
            error={unknown ? t`Nobody has that name.` : undefined}
            data-testid="team-name"
            onChange={(e) => {
              setName(e.target.value);
              set.reset();
            }}
          />
        </div>
        <label className="flex flex-col gap-1.5 text-sm font-medium">
          {t`As`}
          <select
            className={`${inputLook} !w-36`}
            value={role}
            data-testid="team-role"
            onChange={(e) => setRole(e.target.value as Member["role"])}
          >
            <option value="moderator">{t`Moderator`}</option>
            <option value="vip">{t`VIP`}</option>
          </select>
        </label>
        <Button type="submit" className="mt-[1.625rem] !h-10" busy={set.isPending} data-testid="team-add">
          {t`Add`}
        </Button>
        <div className="basis-full empty:hidden">
          <FormError>{error ? sentence(error) : null}</FormError>
        </div>
      </form>
      <Rows query={list} empty={t`You are on your own so far.`}>
        {({ user_id: id, username, display_name: shown, role: present }) => (
          <li key={id} className={ROW} data-testid="team-member">
            <span className="min-w-0 flex-1 truncate">
              <bdi className="font-semibold">{shown || username || t`An account that is gone`}</bdi>{" "}
              {username && <span className="text-quiet">@{username}</span>}
            </span>
            <select
              aria-label={t`Role of ${username ?? id}`}
              disabled={!username}
              className={`${inputLook} !w-36`}
              value={present}
              onChange={(e) => set.mutate({ who: username ?? "", as: e.target.value as Member["role"] })}
            >
              <option value="moderator">{t`Moderator`}</option>
              <option value="vip">{t`VIP`}</option>
            </select>
            <Button weight="danger" onClick={() => remove.mutate(id)}>
              {t`Remove`}
            </Button>
          </li>
        )}
      </Rows>
    </Section>
  );
}
