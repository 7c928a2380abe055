/** What surrounds a page: bar, rail, and the place for its content. */
import { t } from "@lingui/core/macro";
import { Suspense, useEffect, useRef, useState } from "react";
import { Outlet, useLocation } from "react-router";
import { useSession } from "../auth/use-session";
import { lazily } from "../language/lazily";
import { PushLost } from "../live/push-lost";
import { Guarded } from "../pages/failures";
import { content, focusOn } from "../ui/focus";
import { PageSkeleton } from "../ui/skeleton";
import { Rail } from "./rail";
import { isSignInForm } from "./sign-in-form";
import { TopBar } from "./top-bar";

/** Of who is or was signed in while the page is open. */
const AccountNews = lazily(async () => (await import("./account-news")).AccountNews, ["rest"]);
/** Of who has not confirmed theirs. */
const ConfirmAddress = lazily(async () => (await import("./confirm-address")).ConfirmAddress, ["rest"]);

/** How much room the rail takes: none beside a form, little beside a picture or a desk. */
function railOf(pathname: string): "open" | "folded" | "none" {
  const [first, second, ...rest] = pathname.split("/").filter(Boolean);
  if (first === undefined || rest.length > 0) return "open";
  if (isSignInForm(pathname)) return "none";
  if (first === "browse" || first === "category") return "open";
  return second === undefined || first === "moderation" ? "folded" : "open";
}

export function Frame() {
  const { pathname } = useLocation();
  const rail = railOf(pathname);
  const { user } = useSession();
  useFocusOnPages(pathname);
  const [hasAccount, setHasAccount] = useState(false);
  if (user && !hasAccount) setHasAccount(true);
  const unconfirmed = user?.email_verified === false && pathname.startsWith("/dashboard");
  return (
    <div className="flex min-h-dvh flex-col">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-sm focus:bg-raised focus:px-3 focus:py-2"
      >
        {t`Skip to content`}
      </a>
      <TopBar />
      {hasAccount && (
        <Suspense>
          <AccountNews />
        </Suspense>
      )}
      {unconfirmed && (
        <Suspense>
          <ConfirmAddress user={user} />
        </Suspense>
      )}
      {/* In the bar, or where that is too narrow over the page below it: what one writes and reads stays where it is. */}
      <PushLost className="pointer-events-none fixed inset-x-0 top-14 z-40 border-b bg-raised/85 px-4 py-1.5 text-center text-xs text-warn lg:inset-x-auto lg:top-0 lg:left-1/2 lg:flex lg:h-14 lg:-translate-x-1/2 lg:items-center lg:border-0 lg:bg-transparent chat:in-data-theatre:bg-raised" />
      <div className="flex min-w-0 flex-1">
        {rail !== "none" && <Rail folded={rail === "folded"} />}
        <main id="content" className="flex min-w-0 flex-1 flex-col outline-none">
          <Guarded key={pathname} at={pathname}>
            <Suspense fallback={<PageSkeleton />}>
              <Outlet />
            </Suspense>
          </Guarded>
        </main>
      </div>
    </div>
  );
}

/** On another page the focus is at its content, unless the page itself gave it to something. Where one came in, the browser has it. */
function useFocusOnPages(pathname: string): void {
  const last = useRef(pathname);
  useEffect(() => {
    if (last.current === pathname) return;
    last.current = pathname;
    if (!content()?.contains(document.activeElement)) focusOn(content());
  }, [pathname]);
}
