/** One account of the desk, with what may be done about it. */

import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type PlatformRole, type StaffAccount, setRole } from "../../api/admin";
import type { User } from "../../api/contract";
import { sentence } from "../../api/problem";
import { say } from "../../language/say";
import { Button } from "../../ui/button";
import { FormError, inputLook } from "../../ui/field";
import { ago, exactly } from "../../ui/figures";
import { useNow } from "../../ui/use-now";
import { useRow } from "../../ui/use-row";
import { ProofForm } from "../account/proof-form";
import { useProof } from "../account/use-proof";
import { ROW } from "../moderation/section";
import { FactorDialog } from "./factor-dialog";
import { rank } from "./rank";
import { type Suspending, SuspensionDialog } from "./suspension-dialog";

const ROLES: { role: PlatformRole; name: MessageDescriptor }[] = [
  { role: "user", name: msg`No role` },
  { role: "moderator", name: msg`Moderator` },
  { role: "admin", name: msg`Admin` },
];

export function PersonRow({ account, me }: { account: StaffAccount; me: User }) {
  const client = useQueryClient();
  const now = useNow(30_000);
  /** By the button that was pressed, whatever becomes of the account meanwhile. */
  const [asking, setAsking] = useState<Suspending | "factor" | null>(null);
  /** The second factor was taken away just now. */
  const [isReset, setIsReset] = useState(false);
  /** Chosen, and not confirmed yet. */
  const [wanted, setWanted] = useState<PlatformRole | null>(null);
  const { row, keep } = useRow();
  const asked = () => {
    keep();
    setWanted(null);
  };
  const proof = useProof();
  const again = () => client.invalidateQueries({ queryKey: ["own", "admin"] });
  const role = useMutation({
    mutationFn: async (to: PlatformRole) => {
      if (await proof.run(() => setRole(account.id, to))) await again();
    },
  });
  const reach = rank(account.platform_role) < rank(me.platform_role) && account.id !== me.id;
  const admin = rank(me.platform_role) === rank("admin");
  const { error } = role;
  const settled = (factor: boolean) => {
    setIsReset(factor);
    setAsking(null);
    void again();
  };
  const dialog = { account, close: () => setAsking(null), done: () => settled(asking === "factor") };
  return (
    <li ref={row} data-testid="person-row" data-name={account.username}>
      <div className={ROW}>
        <span className="min-w-0 flex-1 basis-56 wrap-anywhere">
          <bdi className="font-semibold">{account.display_name || account.username}</bdi>{" "}
          <span className="text-quiet">@{account.username}</span>
          <span className="block text-xs text-quiet">
            {account.email &&
              (account.email_verified ? `${account.email} · ` : `${t`${account.email} (not confirmed)`} · `)}
            {t`registered ${ago(account.created_at, now)}`}
          </span>
          {account.suspended_at && (
            <span className="block text-xs text-bad" data-testid="person-suspended">
              {t`Suspended ${ago(account.suspended_at, now)}`}
              {account.suspension_reason && <bdi>: “{account.suspension_reason}”</bdi>}
            </span>
          )}
          {account.erase_at && (
            <span className="block text-xs text-warn">
              {t`Closed by its owner; erased on ${exactly(account.erase_at)}`}
            </span>
          )}
        </span>
        {admin && (
          <select
            aria-label={t`Role of ${account.username}`}
            className={`${inputLook} !h-9 !w-36`}
            aria-disabled={role.isPending}
            value={wanted ?? account.platform_role}
            data-testid="person-role"
            onChange={(e) => {
              if (role.isPending) return;
              const chosen = e.target.value as PlatformRole;
              setWanted(chosen === account.platform_role ? null : chosen);
            }}
          >
            {ROLES.map((r) => (
              <option key={r.role} value={r.role}>
                {say(r.name)}
              </option>
            ))}
          </select>
        )}
        {!admin && rank(account.platform_role) > 0 && (
          <span className="text-xs text-quiet">
            {say(ROLES.find((r) => r.role === account.platform_role)?.name)}
          </span>
        )}
        {/* Also of another admin, for who else could; nobody takes their own away here. */}
        {admin && account.id !== me.id && (
          <Button data-testid="factor-reset" onClick={() => setAsking("factor")}>
            {t`Reset second factor`}
          </Button>
        )}
        {reach &&
          (account.suspended_at ? (
            <Button data-testid="unsuspend" onClick={() => setAsking("lift")}>
              {t`Lift the suspension`}
            </Button>
          ) : (
            <Button weight="danger" data-testid="suspend" onClick={() => setAsking("suspend")}>
              {t`Suspend`}
            </Button>
          ))}
      </div>
      {wanted && (
        <div className="flex flex-wrap items-center gap-2 px-4 pb-4 sm:px-5">
          <p className="min-w-0 flex-1 basis-56 text-sm text-quiet wrap-anywhere">
            {roleWords(wanted, account.username)}
          </p>
          <Button
            weight="primary"
            data-testid="confirm-role"
            onClick={() => {
              role.mutate(wanted);
              asked();
            }}
          >
            {t`Yes, change it`}
          </Button>
          <Button onClick={asked}>{t`Cancel`}</Button>
        </div>
      )}
      {(error || proof.waiting) && (
        <div className="flex flex-col gap-3 px-4 pb-4 sm:px-5">
          <FormError>{error ? sentence(error) : null}</FormError>
          <ProofForm proof={proof} done={() => void again()} />
        </div>
      )}
      <p
        role="status"
        className={isReset ? "px-4 pb-4 text-sm sm:px-5" : "sr-only"}
        data-testid="factor-gone"
      >
        {isReset &&
          t`${account.username} has no second factor any more, is signed out everywhere, and signs in by the password alone.`}
      </p>
      {asking === "factor" && <FactorDialog {...dialog} />}
      {asking && asking !== "factor" && <SuspensionDialog what={asking} {...dialog} />}
    </li>
  );
}

/** What a role means, before it is given. */
function roleWords(role: PlatformRole, username: string): string {
  switch (role) {
    case "admin":
      return t`${username} becomes an admin: sees all accounts and mails, gives roles, and may take yours.`;
    case "moderator":
      return t`${username} becomes a moderator: moderates every chat, and suspends people without a role.`;
    case "user":
      return t`${username} loses the role, and all that it allows.`;
  }
}
