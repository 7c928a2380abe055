/** The desk of the platform's staff. Moderators have the people, what is on air, reports and limits; the rest is the admins'. */
import { t } from "@lingui/core/macro";
import type { ComponentType } from "react";
import { Navigate, useLocation, useSearchParams } from "react-router";
import { signInPath, useSession } from "../../auth/use-session";
import { Message } from "../../ui/message";
import { PageSkeleton } from "../../ui/skeleton";
import { useTitle } from "../../ui/use-title";
import { MailList } from "../account/mails";
import { Acts } from "./acts";
import { BrowserErrors } from "./browser-errors";
import { type DeskKey, desksOf } from "./desks";
import { Invitations } from "./invitations";
import { Limits } from "./limits";
import { OnAirDesk } from "./on-air";
import { People } from "./people";
import { SigningKeys } from "./signing-keys";
import { StaffTabs } from "./staff-tabs";

/** The desks that are parts of this page. */
const PARTS: Partial<Record<DeskKey, ComponentType>> = {
  people: People,
  live: OnAirDesk,
  invitations: Invitations,
  log: Acts,
  mails: MailList,
  errors: BrowserErrors,
  limits: Limits,
  keys: SigningKeys,
};

export function Admin() {
  useTitle(t`Administration`);
  const { status, user } = useSession();
  const { pathname, search } = useLocation();
  const [query] = useSearchParams();
  if (status === "out") return <Navigate to={signInPath(pathname + search)} replace />;
  if (!user) return <PageSkeleton />;
  const desks = desksOf(user.platform_role);
  if (desks.length === 0) {
    return (
      <Message title={t`This page is for the platform's staff`} testId="not-staff">
        {t`An admin can give you a role.`}
      </Message>
    );
  }
  const wanted = desks.find(({ key }) => key === query.get("tab") && PARTS[key])?.key ?? "people";
  const Part = PARTS[wanted] ?? People;
  return (
    <div className="mx-auto flex w-full max-w-4xl flex-col gap-4 px-4 py-6 sm:px-6">
      <h1 className="text-xl font-semibold tracking-tight" data-testid="administration">
        {t`Administration`}
      </h1>
      <StaffTabs current={wanted} />
      <Part />
    </div>
  );
}
