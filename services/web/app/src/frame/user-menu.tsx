/** The account's menu at the end of the bar, under the picture of one's channel. */
import { t } from "@lingui/core/macro";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useNavigate } from "react-router";
import type { User } from "../api/contract";
import { chooseLanguage, useLanguageSaid } from "../auth/account-language";
import { session } from "../auth/session";
import { isStaff } from "../auth/use-session";
import { keys, OWN } from "../live/use-live";
import { leaveBrowser } from "../live/web-push";
import { useTheme } from "../theme/theme";
import { Avatar } from "../ui/avatar";
import { content, focusOn } from "../ui/focus";
import { MenuButton } from "../ui/menu";
import { languageItems } from "./language-items";
import { themeItems } from "./theme-items";

export function UserMenu({ user }: { user: User }) {
  const { username } = user;
  const name = user.display_name || username;
  const navigate = useNavigate();
  useLanguageSaid(user);
  useTheme();
  const client = useQueryClient();
  const face = useQuery({
    queryKey: keys.ownFace,
    // One request with the page's own, where it shows one's channel.
    queryFn: async () => (await client.fetchQuery({ ...OWN, gcTime: OWN.staleTime })).avatar_url ?? null,
    staleTime: Number.POSITIVE_INFINITY,
  });
  // Who signs out had the focus here.
  useEffect(
    () => () => {
      if (document.activeElement === document.body) focusOn(content());
    },
    [],
  );
  return (
    <MenuButton
      label={t`Account of ${name}`}
      data-testid="user-menu"
      className="ml-1 rounded-full"
      head={t`Signed in as ${name}`}
      items={[
        { key: "channel", label: t`My channel`, onSelect: () => navigate(`/${username}`) },
        { key: "dashboard", label: t`Dashboard`, onSelect: () => navigate("/dashboard") },
        {
          key: "channel-settings",
          label: t`Channel settings`,
          testId: "channel-settings",
          onSelect: () => navigate("/dashboard/channel"),
        },
        { key: "guide", label: t`Set up OBS`, testId: "menu-guide", onSelect: () => navigate("/guide/obs") },
        { key: "moderation", label: t`Moderation`, onSelect: () => navigate(`/moderation/${username}`) },
        { key: "account", label: t`Account`, onSelect: () => navigate("/settings/account") },
        {
          key: "notices",
          label: t`Notices`,
          testId: "notice-settings",
          onSelect: () => navigate("/settings/notices"),
        },
        {
          key: "reports",
          label: t`My reports`,
          testId: "own-reports",
          onSelect: () => navigate("/account/reports"),
        },
        ...(!isStaff(user)
          ? []
          : [
              {
                key: "staff",
                label: t`Platform reports`,
                testId: "platform-reports-link",
                onSelect: () => navigate("/staff/reports"),
              },
              {
                key: "admin",
                label: t`Administration`,
                testId: "administration-link",
                onSelect: () => navigate("/admin"),
              },
            ]),
        ...(user.platform_role !== "admin"
          ? []
          : [
              {
                key: "categories",
                label: t`Categories`,
                testId: "categories-link",
                onSelect: () => navigate("/admin/categories"),
              },
            ]),
        ...languageItems(chooseLanguage).map((item, n) => (n === 0 ? { ...item, divided: true } : item)),
        ...themeItems(),
        {
          key: "out",
          label: t`Sign out`,
          divided: true,
          testId: "sign-out",
          onSelect: () => {
            leaveBrowser();
            void session.signOut();
          },
        },
      ]}
    >
      <Avatar name={name} src={face.data} />
    </MenuButton>
  );
}
