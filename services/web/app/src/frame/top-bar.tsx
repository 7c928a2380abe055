/** The bar on top of every page: the mark, and who is here. */
import { t } from "@lingui/core/macro";
import { Radio } from "lucide-react";
import { Suspense } from "react";
import { Link, useLocation } from "react-router";
import { signInPath, useSession } from "../auth/use-session";
import { lazily } from "../language/lazily";
import { buttonLook } from "../ui/button";
import { LanguageMenu } from "./language-items";
import { SearchForm } from "./search-form";
import { isSignInForm } from "./sign-in-form";

/** Only who is signed in has these. */
const UserMenu = lazily(async () => (await import("./user-menu")).UserMenu, ["rest"]);
const NoticeBell = lazily(async () => (await import("./notice-bell")).NoticeBell, []);

export function TopBar() {
  const { pathname } = useLocation();
  const state = useSession();
  const here = isSignInForm(pathname) ? "/" : pathname;
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
            <Radio aria-hidden className="size-4 max-[359px]:hidden" />
            {t`Go live`}
          </Link>
          <Suspense fallback={<span className="size-9" />}>
            <NoticeBell key={state.user.id} user={state.user} />
          </Suspense>
          <Suspense fallback={<span className="ml-1 size-9" />}>
            <UserMenu key={state.user.id} user={state.user} />
          </Suspense>
        </>
      )}
    </header>
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
