/**
 * What others do to the account while its page is open: a suspension ends the session and says so, a changed role or an ended session
 * elsewhere renews it.
 */
import { t } from "@lingui/core/macro";
import { type Ended, session } from "../auth/session";
import { useSession } from "../auth/use-session";
import { usePushed } from "../live/use-live";

function words(why: Ended): string {
  switch (why) {
    case "suspended":
      return t`Your account was suspended, and you are signed out. The reason is in a mail to you.`;
    case "closed":
      return t`Your account is closed, and you are signed out. A mail to you has the link that takes it back.`;
    case "tab":
      return t`You signed out in another tab.`;
    case "over":
      return t`You are signed out: the session was ended elsewhere, or this browser did not keep it. Sign in again, with cookies allowed for this site.`;
  }
}

export function AccountNews() {
  const state = useSession();
  const id = state.user?.id;
  usePushed(id ? [`account:${id}`] : [], (pushed) => {
    if (pushed.event !== "account" || pushed.data.user_id !== id) return;
    if (pushed.data.suspended) session.end(pushed.data.closed ? "closed" : "suspended");
    else void session.renew();
  });
  const why = state.status === "out" ? state.why : undefined;
  return (
    <div role="alert">
      {why && (
        <p data-testid={`account-${why}`} className="border-b bg-raised px-4 py-3 text-center text-sm">
          {words(why)}
        </p>
      )}
    </div>
  );
}
