/** The bar on top of every page: the mark, and who is here. */
import { Radio } from "lucide-react";
import { Link, useLocation, useNavigate } from "react-router";
import type { User } from "../api/contract";
import { session } from "../auth/session";
import { isStaff, signInPath, useSession } from "../auth/use-session";
import { forgetBrowser } from "../live/web-push";
import { Avatar } from "../ui/avatar";
import { buttonLook } from "../ui/button";
import { MenuButton } from "../ui/menu";
import { NoticeBell } from "./notice-bell";
import { SearchForm } from "./search-form";

export function TopBar() {
  const { pathname } = useLocation();
  const state = useSession();
  const here = pathname === "/login" || pathname === "/register" ? "/" : pathname;
  return (
    <header className="sticky top-0 z-40 flex h-14 items-center gap-2 border-b bg-ground px-4">
      <Link to="/" className="flex items-center gap-2 rounded-sm text-base font-semibold tracking-tight">
        <Mark />
        Streamly
      </Link>
      <Link to="/browse" data-testid="browse" className={`${buttonLook()} !border-transparent max-sm:hidden`}>
        Browse
      </Link>
      <span className="flex-1" />
      <SearchForm />
      <span className="flex-1" />
      {state.status === "out" && (
        <>
          <Link to={signInPath(here)} data-testid="sign-in" className={buttonLook()}>
            Sign in
          </Link>
          <Link to="/register" data-testid="sign-up" className={buttonLook("primary")}>
            Register
          </Link>
        </>
      )}
      {state.status === "in" && (
        <>
          <Link to="/dashboard" data-testid="go-live" className={buttonLook()}>
            <Radio aria-hidden className="size-4" />
            Go live
          </Link>
          <NoticeBell key={state.user.id} user={state.user} />
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
      label={`Account of ${name}`}
      data-testid="user-menu"
      className="ml-1 rounded-full"
      head={`Signed in as ${name}`}
      items={[
        { key: "channel", label: "My channel", onSelect: () => navigate(`/${username}`) },
        { key: "dashboard", label: "Dashboard", onSelect: () => navigate("/dashboard") },
        {
          key: "channel-settings",
          label: "Channel settings",
          testId: "channel-settings",
          onSelect: () => navigate("/dashboard/channel"),
        },
        { key: "moderation", label: "Moderation", onSelect: () => navigate(`/moderation/${username}`) },
        { key: "account", label: "Account", onSelect: () => navigate("/settings/account") },
        {
          key: "notices",
          label: "Notices",
          testId: "notice-settings",
          onSelect: () => navigate("/settings/notices"),
        },
        {
          key: "reports",
          label: "My reports",
          testId: "own-reports",
          onSelect: () => navigate("/account/reports"),
        },
        ...(!isStaff(user)
          ? []
          : [
              {
                key: "staff",
                label: "Platform reports",
                testId: "platform-reports-link",
                onSelect: () => navigate("/staff/reports"),
              },
              {
                key: "admin",
                label: "Administration",
                testId: "administration-link",
                onSelect: () => navigate("/admin"),
              },
            ]),
        ...(user.platform_role !== "admin"
          ? []
          : [
              {
                key: "categories",
                label: "Categories",
                testId: "categories-link",
                onSelect: () => navigate("/admin/categories"),
              },
            ]),
        {
          key: "out",
          label: "Sign out",
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
