/**
 * What others do to the account while its page is open: a suspension ends the session and says so, a changed role or an ended session
 * elsewhere renews it. And that somebody signed out of whom the server could not be told, until it was.
 */
import { t } from "@lingui/core/macro";
import { useEffect, useState } from "react";
import { type Ended, session } from "../auth/session";
import { useSession } from "../auth/use-session";
import { usePushed } from "../live/use-live";
import { useSendsMail, whereMailIs } from "../pages/account/mail-way";
import { Button } from "../ui/button";
import { givesFocusOn } from "../ui/focus";

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
    case "untold":
      return t`You are signed out in this browser, but the server did not answer and does not know yet. It is told as soon as it can be reached; leave this page open until then.`;
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
        <div className="border-b bg-raised px-4 py-3 text-center text-sm">
          <p data-testid={`account-${why}`}>{words(why)}</p>
          {(why === "suspended" || why === "closed") && <WhereMail />}
          {why === "untold" && <TellAgain />}
        </div>
      )}
    </div>
  );
}

/** Of the mail that is meant, where none leaves the platform. */
function WhereMail() {
  return useSendsMail() === false && <p className="pt-1">{whereMailIs()}</p>;
}

function TellAgain() {
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    const now = () => void session.tellAgain();
    addEventListener("online", now);
    return () => removeEventListener("online", now);
  }, []);
  const tell = async () => {
    setBusy(true);
    await session.tellAgain();
    setBusy(false);
  };
  return (
    <Button
      ref={givesFocusOn}
      className="mt-2"
      busy={busy}
      data-testid="sign-out-again"
      onClick={() => void tell()}
    >
      {t`Try again`}
    </Button>
  );
}
