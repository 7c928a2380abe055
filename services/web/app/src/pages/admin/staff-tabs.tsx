/**
 * The way between the desks of the platform's staff: the same bar on all of their pages, with those desks that the role opens and the present one
 * marked. Who has no role gets none.
 */
import { t } from "@lingui/core/macro";
import { useSession } from "../../auth/use-session";
import { Tabs } from "../tabs";
import { type DeskKey, desksOf } from "./desks";

export function StaffTabs({ current }: { current: DeskKey }) {
  const { user } = useSession();
  const desks = desksOf(user?.platform_role);
  if (desks.length === 0) return null;
  return <Tabs label={t`Administration`} tabs={desks} current={desks.find(({ key }) => key === current)} />;
}
