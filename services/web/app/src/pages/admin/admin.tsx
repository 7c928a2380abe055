/** The desk of the platform's staff. Moderators have the people; the rest is the admins'. */
import { msg, t } from "@lingui/core/macro";
import { Link, Navigate, useSearchParams } from "react-router";
import { signInPath, useSession } from "../../auth/use-session";
import { buttonLook } from "../../ui/button";
import { Message } from "../../ui/message";
import { PageSkeleton } from "../../ui/skeleton";
import { useTitle } from "../../ui/use-title";
import { MailList } from "../account/mails";
import { Tabs } from "../tabs";
import { Acts } from "./acts";
import { BrowserErrors } from "./browser-errors";
import { Invitations } from "./invitations";
import { Limits } from "./limits";
import { OnAirDesk } from "./on-air";
import { People } from "./people";
import { rank } from "./rank";
import { SigningKeys } from "./signing-keys";

const TABS = [
  { key: "people", name: msg`People`, least: "moderator", page: People },
  { key: "live", name: msg`On air`, least: "moderator", page: OnAirDesk },
  { key: "invitations", name: msg`Invitations`, least: "admin", page: Invitations },
  { key: "log", name: msg`Log`, least: "admin", page: Acts },
  { key: "mails", name: msg`Mails`, least: "admin", page: MailList },
  { key: "errors", name: msg`Errors`, least: "admin", page: BrowserErrors },
  { key: "limits", name: msg`Limits`, least: "moderator", page: Limits },
  { key: "keys", name: msg`Signing keys`, least: "admin", page: SigningKeys },
] as const;

export function Admin() {
  useTitle(t`Administration`);
  const { status, user } = useSession();
  const [query] = useSearchParams();
  if (status === "out") return <Navigate to={signInPath("/admin")} replace />;
  if (!user) return <PageSkeleton />;
  const tabs = TABS.filter(({ least }) => rank(user.platform_role) >= rank(least));
  const tab = tabs.find(({ key }) => key === query.get("tab")) ?? tabs[0];
  if (!tab) {
    return (
      <Message title={t`This page is for the platform's staff`} testId="not-staff">
        {t`An admin can make you one.`}
      </Message>
    );
  }
  return (
    <div className="mx-auto flex w-full max-w-4xl flex-col gap-4 px-4 py-6 sm:px-6">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <h1 className="flex-1 text-xl font-semibold tracking-tight" data-testid="administration">
          {t`Administration`}
        </h1>
        {rank(user.platform_role) >= rank("admin") && (
          <Link to="/admin/categories" className={buttonLook()}>
            {t`Categories`}
          </Link>
        )}
        <Link to="/staff/reports" className={buttonLook()}>
          {t`Reports`}
        </Link>
      </div>
      {tabs.length > 1 && <Tabs label={t`Administration`} tabs={tabs} current={tab} />}
      <tab.page />
    </div>
  );
}
