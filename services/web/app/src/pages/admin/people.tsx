/** All accounts: found by name (admins also by address), suspended, given a role, let in again who lost a second factor. */
import { t } from "@lingui/core/macro";
import { useEffect, useState } from "react";
import { accounts, type Only } from "../../api/admin";
import { useSession } from "../../auth/use-session";
import { Field, inputLook } from "../../ui/field";
import { Section } from "../moderation/section";
import { PagesOf } from "./pages-of";
import { PersonRow } from "./person-row";
import { rank } from "./rank";

/** Pause of typing after which is looked. */
const TYPED_MS = 250;

export function People() {
  const { user } = useSession();
  const [typed, setTyped] = useState("");
  const [q, setQ] = useState("");
  const [only, setOnly] = useState<Only>("");
  useEffect(() => {
    const timer = setTimeout(() => setQ(typed.trim()), TYPED_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  if (!user) return null;
  const admin = rank(user.platform_role) === rank("admin");
  return (
    <Section
      title={t`People`}
      testId="admin-people"
      about={
        admin
          ? t`You can suspend people whose role is below yours, and give roles. To suspend another admin, take the role away first.`
          : t`You suspend people without a role. Roles are given by admins.`
      }
    >
      <div className="flex flex-wrap items-end gap-3 px-4 pb-4 sm:px-5">
        <div className="min-w-0 flex-1 basis-56">
          <Field
            label={admin ? t`Start of a user name, or a whole address` : t`Start of a user name`}
            type="search"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={254}
            data-testid="people-search"
            value={typed}
            onChange={(e) => setTyped(e.target.value)}
          />
        </div>
        <label className="flex flex-col gap-1.5 text-sm font-medium">
          {t`Who`}
          <select
            className={`${inputLook} !w-40`}
            value={only}
            data-testid="people-only"
            onChange={(e) => setOnly(e.target.value as Only)}
          >
            <option value="">{t`Everybody`}</option>
            <option value="suspended">{t`Suspended`}</option>
            <option value="staff">{t`Staff`}</option>
          </select>
        </label>
      </div>
      <PagesOf
        queryKey={["own", "admin", "people", q, only]}
        ask={(cursor, signal) => accounts(q, only, cursor, signal)}
        empty={t`Nobody matches.`}
      >
        {(account) => <PersonRow key={account.id} account={account} me={user} />}
      </PagesOf>
    </Section>
  );
}
