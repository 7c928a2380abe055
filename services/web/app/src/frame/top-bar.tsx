/** The bar on top of every page: the mark, and who is here. */
import { t } from "@lingui/core/macro";
import { Radio } from "lucide-react";
import { Suspense } from "react";
import { Link, useLocation, useNavigate } from "react-router";
import type { User } from "../api/contract";
import { session } from "../auth/session";
import { isStaff, signInPath, useSession } from "../auth/use-session";
import { lazily } from "../language/lazily";
import { forgetBrowser } from "../live/web-push";
import { Avatar } from "../ui/avatar";
import { buttonLook } from "../ui/button";
import { MenuButton } from "../ui/menu";
import { LanguageMenu, languageItems } from "./language-items";
import { SearchForm } from "./search-form";

/** Only who is signed in has one. */
const NoticeBell = lazily(async () => (await import("./notice-bell")).NoticeBell, []);

export function TopBar() {
  const { pathname } = useLocation();
  const state = useSession();
  const here = pathname === "/login" || pathname === "/register" ? "/" : pathname;
  return (
    <header className="sticky top-0 z-40 flex h-14 items-center gap-2 border-b bg-ground px-4 chat:in-data-theatre:hidden">
      <Link to="/" className="flex items-center gap-2 rounded-sm text-base font-semibold tracking-tight">
        <Mark />
        <span className="max-sm:sr-only">Streamly</span>
      </Link>
      <Link to="/browse" data-testid="browse" className={`${buttonLook()} !border-transparent max-sm:hidden`}>
        {t`Browse`}
      </Link>
      <span className="flex-1" />
      <SearchForm />
      <span className="flex-1" />
      {state.status === "out" && (
        <>
          <LanguageMenu />
          <Link to={signInPath(here)} data-testid="sign-in" className={buttonLook()}>
            {t`Sign in`}
          </Link>
          <Link
            to="/register"
            data-testid="sign-up"
            className={`${buttonLook("primary")} max-[359px]:!hidden`}
          >
            {t`Register`}
          </Link>
        </>
      )}
      {state.status === "in" && (
        <>
          <Link to="/dashboard" data-testid="go-live" className={buttonLook()}>
            <Radio aria-hidden className="size-4" />
            {t`Go live`}
          </Link>
          <Suspense fallback={<span className="size-9" />}>
            <NoticeBell key={state.user.id} user={state.user} />
          </Suspense>
          <UserMenu user={state.user} />
        </>
      )}
    </header>
  );
}

function UserMenu({ user }: { user: User }) {
  const { username } = user;
  const name = user.display_name || username;
  const navigate = useNavigate();
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
        ...languageItems().map((item, n) => (n === 0 ? { ...item, divided: true } : item)),
        {
          key: "out",
          label: t`Sign out`,
          divided: true,
          testId: "sign-out",
          // Who sits here next is not to read what this person follows.
          onSelect: () => void forgetBrowser().finally(() => session.signOut().catch(() => {})),
        },
      ]}
    >
      <Avatar name={name} />
    </MenuButton>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className="size-7">
      <rect width="32" height="32" rx="8" fill="var(--hover)" />
      <path d="M12 9.5v13l11-6.5z" fill="var(--text)" />
      <circle cx="24.5" cy="7.5" r="3.5" fill="var(--live)" />
    </svg>
  );
}
